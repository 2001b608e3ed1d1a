import type { View } from 'marketflow/core'
import { LruCache } from 'marketflow/lru'
import { openCache, type Sql } from 'marketflow/postgres'
import { Pool } from 'pg'

export const title: View<number, string, Sql> = {
  name: 'title',
  ttlS: 600,
  schema: { parse: String },
  key: (id) => `title:${id}`,
  tags: (id) => [`book:${id}`],
  load: async (sql, id) => (await sql.query<{ value: string }>(TITLE, [id]))[0],
}
const TITLE = 'select title as value from book where id = $1'
export const { reads, writes, close } = await openCache<{ type: 'renamed'; book: number }>({
  pool: new Pool({ connectionString: process.env.DATABASE_URL }),
  cache: ({ clock, random }) => new LruCache({ maxBytes: 64_000_000 }, clock, random),
  tagsOf: ({ book }) => [`book:${book}`],
})
