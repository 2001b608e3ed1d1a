import { joinKey, type View } from 'marketflow/core'
import { type OpenCache, openCache, type Sql } from 'marketflow/postgres'
import { RedisCache } from 'marketflow/redis'
import type { Pool } from 'pg'
import { z } from 'zod'

/* A library's books and loans: all that an application writes to have its reads cached. */

export const TABLES = `
  create table book (id integer primary key, title text not null, loans integer not null default 0);
  create table loan (book integer not null references book, reader text not null, returned boolean not null default false)`

export interface Book {
  readonly id: number
  readonly title: string
  /** How often it was lent so far. */
  readonly loans: number
}

const bookSchema = z.object({ id: z.int(), title: z.string(), loans: z.int() })

/** One book. It shows nothing but its own row, so one tag covers it. */
export const bookView: View<{ readonly id: number }, Book, Sql> = {
  name: 'book',
  ttlS: 600,
  schema: bookSchema,
  key: ({ id }) => joinKey('book', id),
  tags: ({ id }) => [joinKey('book', id)],
  load: async (sql, { id }) => {
    const [value] = await sql.query<Book>('select id, title, loans from book where id = $1', [id])
    return value && { value }
  },
}

/** What a reader has at home. It shows books' titles, too: a new title has to reach it. */
export const readerView: View<{ readonly reader: string }, readonly string[], Sql> = {
  name: 'reader',
  ttlS: 600,
  schema: z.array(z.string()),
  key: ({ reader }) => joinKey('reader', reader),
  tags: ({ reader }) => [joinKey('reader', reader)],
  load: async (sql, { reader }) => {
    const rows = await sql.query<{ title: string }>(
      'select title from loan join book on book = id where reader = $1 and not returned order by title',
      [reader],
    )
    return { value: rows.map(({ title }) => title) }
  },
}

type LibraryEvent =
  | { readonly type: 'lent' | 'returned'; readonly book: number; readonly reader: string }
  /** `readers`: those who have it at home. */
  | { readonly type: 'renamed'; readonly book: number; readonly readers: readonly string[] }

function tagsOf(event: LibraryEvent): string[] {
  const readers = event.type === 'renamed' ? event.readers : [event.reader]
  return [joinKey('book', event.book), ...readers.map((reader) => joinKey('reader', reader))]
}

export function openLibrary(pool: Pool, redisUrl: string): Promise<Library> {
  return openCache<LibraryEvent>({
    pool,
    cache: ({ clock, random, databaseId }) =>
      new RedisCache({ url: redisUrl, prefix: `library:${databaseId}:` }, clock, random),
    tagsOf,
  })
}

export type Library = OpenCache<LibraryEvent>
type Writes = Library['writes']

/** How often the book has been lent by now; undefined when there is no such book. */
export function lend(writes: Writes, book: number, reader: string): Promise<number | undefined> {
  return writes.run(async (tx, record) => {
    const [row] = await tx.query<Book>('update book set loans = loans + 1 where id = $1 returning loans', [
      book,
    ])
    if (row === undefined) return undefined
    await tx.query('insert into loan (book, reader) values ($1, $2)', [book, reader])
    record({ type: 'lent', book, reader })
    return row.loans
  })
}

export function takeBack(writes: Writes, book: number, reader: string): Promise<void> {
  return writes.run(async (tx, record) => {
    await tx.query('select from book where id = $1 for update', [book])
    await tx.query('update loan set returned = true where book = $1 and reader = $2', [book, reader])
    record({ type: 'returned', book, reader })
  })
}

/** The row of the book is locked by its UPDATE, and `lend` locks it too: no loan comes between the two statements. */
export function rename(writes: Writes, book: number, title: string): Promise<void> {
  return writes.run(async (tx, record) => {
    await tx.query('update book set title = $2 where id = $1', [book, title])
    const rows = await tx.query<{ reader: string }>(
      'select reader from loan where book = $1 and not returned',
      [book],
    )
    record({ type: 'renamed', book, readers: rows.map(({ reader }) => reader) })
  })
}
