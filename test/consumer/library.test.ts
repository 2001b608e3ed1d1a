import fc from 'fast-check'
import { type Operation, violationsOf } from 'marketflow/checker'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bookView, type Library, lend, openLibrary, readerView, rename, TABLES, takeBack } from './library.ts'

const { DATABASE_URL, REDIS_URL = '' } = process.env
const pools = [0, 1].map(() => new pg.Pool({ connectionString: DATABASE_URL, max: 5 }))
const instances: Library[] = []

beforeAll(async () => {
  await pools[0]!.query(TABLES)
  for (const pool of pools) instances.push(await openLibrary(pool, REDIS_URL))
}, 60_000)

afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.close()))
  await Promise.all(pools.map((pool) => pool.end()))
})

const BOOKS = [1, 2]

beforeEach(async () => {
  await pools[0]!.query('delete from loan; delete from book')
  for (const id of BOOKS)
    await pools[0]!.query('insert into book (id, title) values ($1, $2)', [id, `Book ${id}`])
  await instances[0]!.writes.invalidate([...BOOKS.map((id) => `book:${id}`), 'reader:ann', 'reader:bob'])
})

const titles = async ({ reads }: Library, reader: string) =>
  (await reads.read(readerView, { reader })).value()

test('a book that is read twice comes from the cache, on both instances', async () => {
  const kinds = []
  for (const { reads } of [...instances, ...instances]) {
    const reading = await reads.read(bookView, { id: 1 })
    expect(reading.value()).toEqual({ id: 1, title: 'Book 1', loans: 0 })
    kinds.push(reading.status.kind)
  }
  expect(kinds.slice(1)).toEqual(['hit', 'hit', 'hit'])
})

test('a book that does not exist is told so', async () => {
  expect((await instances[0]!.reads.read(bookView, { id: 9 })).exists).toBe(false)
})

test('a new title shows at once in what a reader has at home, on the other instance', async () => {
  const [one, other] = instances as [Library, Library]
  await lend(one.writes, 1, 'ann')
  for (const each of [one, other]) expect(await titles(each, 'ann')).toEqual(['Book 1'])
  await rename(one.writes, 1, 'Emma')
  expect(await titles(other, 'ann')).toEqual(['Emma'])
  await takeBack(other.writes, 1, 'ann')
  expect(await titles(one, 'ann')).toEqual([])
})

test('a write that fails changes nothing, and the next read still comes from the cache', async () => {
  const { reads, writes } = instances[0]!
  await reads.read(bookView, { id: 1 })
  const failing = writes.run(async (tx, record) => {
    await tx.query('update book set loans = 99 where id = 1')
    record({ type: 'lent', book: 1, reader: 'ann' })
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  const reading = await reads.read(bookView, { id: 1 })
  expect(reading.value()?.loans).toBe(0)
  expect(reading.status.kind).toBe('hit')
})

/** One request of a client: at which instance, of which book. */
const request = fc.record({
  kind: fc.constantFrom('read' as const, 'read' as const, 'write' as const),
  at: fc.nat(1),
  book: fc.constantFrom(...BOOKS),
})

test('whatever is asked at once, a read shows every loan that was answered before it began', {
  timeout: 120_000,
}, async () => {
  let hits = 0
  const clients = fc.array(fc.array(request, { minLength: 5, maxLength: 12 }), { minLength: 2, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(clients, async (scripts) => {
      await pools[0]!.query('update book set loans = 0')
      await instances[0]!.writes.invalidate(BOOKS.map((id) => `book:${id}`))
      const history: Operation[] = []
      const perform = async ({ kind, at, book }: (typeof scripts)[number][number]) => {
        const { reads, writes } = instances[at]!
        const invokedAt = performance.now()
        const reading = kind === 'read' ? await reads.read(bookView, { id: book }) : undefined
        const version = reading === undefined ? await lend(writes, book, 'ann') : reading.value()!.loans
        if (reading?.status.kind === 'hit') hits += 1
        const unverified = reading?.status.kind === 'unverified'
        history.push({
          kind,
          view: `book ${book}`,
          version,
          invokedAt,
          answeredAt: performance.now(),
          ok: true,
          unverified,
        })
      }
      await Promise.all(
        scripts.map(async (script) => {
          for (const each of script) await perform(each)
        }),
      )
      expect(violationsOf(history)).toEqual([])
    }),
    { numRuns: 25 },
  )
  expect(hits).toBeGreaterThan(50)
})
