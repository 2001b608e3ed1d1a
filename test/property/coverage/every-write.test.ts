import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { WRITES } from '../../../src/application/use-cases.ts'

/** A use case that no world performs could forget every tag there is. */
it.each(Object.keys(WRITES))('the worlds of the coverage property perform %s', async (name) => {
  const world = await readFile('test/property/coverage/world.ts', 'utf8')
  expect(world).toMatch(new RegExp(`writes\\.${name}\\(|'${name}'`))
})
