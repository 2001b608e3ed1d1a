import { glob, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { specifiersOf } from '../../architecture/imports.ts'

/** A use case that is not performed here could forget every tag there is. */
test('the worlds perform every use case that writes', async () => {
  const writing: string[] = []
  for await (const path of glob('src/application/*/*.ts')) {
    if (/\bUnitOfWork\b/.test(await readFile(path, 'utf8'))) writing.push(`../../../${path}`)
  }
  const performed = specifiersOf(await readFile('test/property/coverage/world.ts', 'utf8'))

  expect(writing.length).toBeGreaterThan(10)
  expect(writing.filter((path) => !performed.includes(path))).toEqual([])
})
