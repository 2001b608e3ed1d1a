import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { VARIABLES } from '../../../src/infrastructure/config/config.ts'

/** The rows of a document's table of variables: the names in the first cell, the default in the second. */
async function documented(file: string): Promise<Map<string, string>> {
  const rows = new Map<string, string>()
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    const [, first = '', second = ''] = line.split('|')
    if (!/^ `[A-Z][A-Z_]+`(?:, `[A-Z][A-Z_]+`)* $/.test(first)) continue
    for (const [, name] of first.matchAll(/`(\w+)`/g)) rows.set(name!, second)
  }
  return rows
}

/** The standard documents its own variables; ours names the one that turns tracing on. */
const isOwn = (name: string) => !name.startsWith('OTEL_') || name === 'OTEL_EXPORTER_OTLP_ENDPOINT'

it('docs/configuration.md names every variable of the configuration, and no others', async () => {
  const names = Object.keys(VARIABLES).filter(isOwn)
  expect([...(await documented('docs/configuration.md')).keys()].sort()).toEqual(names.sort())
})

it('README names variables that the configuration knows', async () => {
  const rows = await documented('README.md')
  expect(rows.size).toBeGreaterThan(5)
  for (const name of rows.keys()) expect(VARIABLES).toHaveProperty(name)
})

it('docs/configuration.md tells the defaults that the configuration has', async () => {
  const rows = await documented('docs/configuration.md')
  const told = Object.entries(VARIABLES).filter(([name, value]) => isOwn(name) && value !== undefined)
  expect(told.length).toBeGreaterThan(10)
  for (const [name, value] of told) expect(rows.get(name)?.split(/[\s,`]+/), name).toContain(String(value))
})
