import { type Database, openDatabase } from '../../src/adapters/postgres/database.ts'
import { freshDatabase } from './postgres.ts'

export interface OpenedDatabase {
  readonly database: Database
  /** Closes it and leaves nothing behind. */
  close(): Promise<void>
}

/** The engines that the one adapter runs on, for `describe.each`. */
export const ENGINES: readonly { readonly name: string; readonly open: () => Promise<OpenedDatabase> }[] = [
  {
    name: 'PostgreSQL',
    open: async () => {
      const fresh = await freshDatabase()
      const database = await openDatabase({ url: fresh.url })
      await database.migrate()
      return {
        database,
        close: async () => {
          await database.close()
          await fresh.drop()
        },
      }
    },
  },
  {
    name: 'PGlite',
    open: async () => {
      const database = await openDatabase({ dataDir: 'memory' })
      await database.migrate()
      return { database, close: () => database.close() }
    },
  },
]

/** Opening PGlite the first time makes a whole database cluster: seconds on a busy machine. */
export const OPEN_TIMEOUT_MS = 60_000
