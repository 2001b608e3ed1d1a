import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const SOURCES = new URL('../../src/', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, SOURCES), 'utf8')

/** Every way in which PostgreSQL tells the time, and every way in which JavaScript does. */
const CLOCKS =
  /\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)|\bcurrent_(?:date|time|timestamp)\b|\blocaltime(?:stamp)?\b|Date\.now|new Date\(\s*\)|Temporal\.Now|performance\./i

/** The functions of the database that views call, as migrations make them. */
function calledFunctions(sql: string): string[] {
  const migrations = readdirSync(new URL('adapters/postgres/', SOURCES)).map((file) =>
    read(`adapters/postgres/${file}`),
  )
  const names = new Set(sql.match(/\bmarketflow_\w+/g))
  return [...names].map((name) => {
    const bodies = migrations.flatMap(
      (text) => text.match(new RegExp(`function ${name}\\([^]*?\\$\\$[^]*?\\$\\$`, 'g')) ?? [],
    )
    expect(bodies, name).not.toEqual([])
    return bodies.join('\n')
  })
}

it('nothing that a view is loaded with or rendered by reads a clock: time is a parameter', () => {
  const queries = read('adapters/postgres/sql-view-queries.ts')
  const templates = readdirSync(new URL('adapters/http/pages/', SOURCES))
    .filter((file) => /template|calendar|dates|markup|layout/.test(file))
    .map((file) => read(`adapters/http/pages/${file}`))
  const rows = readdirSync(new URL('application/', SOURCES), { recursive: true, encoding: 'utf8' })
    .filter((file) => /-reads\.ts$|open-days\.ts$/.test(file))
    .map((file) => read(`application/${file}`))
  const functions = calledFunctions(queries)
  expect([templates.length, rows.length, functions.length].every((count) => count >= 3)).toBe(true)
  for (const text of [queries, read('domain/season.ts'), ...functions, ...templates, ...rows])
    expect(text.match(CLOCKS)?.[0]).toBeUndefined()
})

it.each([
  'select now()',
  'where date = current_date',
  'LOCALTIMESTAMP',
  'Date.now()',
  'new Date()',
  'Temporal.Now.instant()',
])('%s would be found', (text) => {
  expect(text).toMatch(CLOCKS)
})
