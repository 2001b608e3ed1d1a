import { type Database, type DatabaseOptions, openDatabase } from '../../src/adapters/postgres/database.ts'
import { dose } from './dose.ts'
import { freshDatabase } from './postgres.ts'

export interface OpenedDatabase {
  readonly database: Database
  /** Closes it and leaves nothing behind. */
  close(): Promise<void>
}

export interface Engine {
  readonly name: string
  open(options?: Partial<DatabaseOptions>): Promise<OpenedDatabase>
}

export const SERVER: Engine = {
  name: 'PostgreSQL',
  open: async (options) => {
    const fresh = await freshDatabase()
    const database = await openDatabase({ url: fresh.url }, options)
    await database.migrate()
    return {
      database,
      close: async () => {
        await database.close()
        await fresh.drop()
      },
    }
  },
}

export const EMBEDDED: Engine = {
  name: 'PGlite',
  open: async (options) => {
    const database = await openDatabase({ dataDir: 'memory' }, options)
    await database.migrate()
    return { database, close: () => database.close() }
  },
}

/** The engines that the one adapter runs on, for `describe.each`; the embedded one at length only. */
export const ENGINES = dose([SERVER], [SERVER, EMBEDDED])

/** Opening PGlite the first time makes a whole database cluster: seconds on a busy machine. */
export const OPEN_TIMEOUT_MS = 60_000
