import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { generateTypes, TYPES_FILE } from './generate.ts'

it('the client’s types are those of the document', async () => {
  expect(await readFile(TYPES_FILE, 'utf8'), 'run npm run api:client').toBe(await generateTypes())
})
