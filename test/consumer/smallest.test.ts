import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { expect, test } from 'vitest'

test('fifteen lines are a cache that shows a new title at once', async () => {
  const source = await readFile('smallest.ts', 'utf8')
  const lines = source.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('import '))
  expect(lines.length).toBeLessThanOrEqual(15)

  // In memory, so not beside the instances on Redis, which have other settings.
  process.env.DATABASE_URL = process.env.EMPTY_DATABASE_URL
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL })
  await pool.query(`create table book (id integer, title text); insert into book values (1, 'Persuasion')`)
  const { reads, writes, close, title } = await import('./smallest.ts')

  const kinds = []
  for (let i = 0; i < 2; i++) kinds.push((await reads.read(title, 1)).status.kind)
  expect(kinds).toEqual(['miss', 'hit'])
  await writes.run(async (tx, record) => {
    await tx.query('update book set title = $2 where id = $1', [1, 'Emma'])
    record({ type: 'renamed', book: 1 })
  })
  expect((await reads.read(title, 1)).value()).toBe('Emma')
  await close()
  await pool.end()
})
