import type { PGlite } from '@electric-sql/pglite'
import pLimit from 'p-limit'
import { type Connection, Connections, lend } from './connections.ts'

/**
 * The one connection of an embedded database, lent to one at a time: a query of anybody else's would otherwise run
 * inside the transaction that happens to be open. So a reservation within a reservation waits for ever.
 */
export class PgliteConnections extends Connections {
  readonly #pglite: PGlite
  readonly #oneAtATime = pLimit(1)

  constructor(pglite: PGlite) {
    super()
    this.#pglite = pglite
  }

  run<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#oneAtATime(async () => {
      const { connection, end } = lend({
        query: (sql, parameters) => this.#query(sql, parameters),
        begin: async (statement) => {
          await this.#query(statement)
        },
      })
      try {
        return await use(connection)
      } finally {
        end()
      }
    })
  }

  async #query(sql: string, parameters: readonly unknown[] = []) {
    const { rows, command, affectedRows } = await this.#pglite.query<Record<string, unknown>>(sql, [
      ...parameters,
    ])
    return { rows, command: command ?? '', affected: affectedRows ?? 0 }
  }

  async close(): Promise<void> {
    await this.#oneAtATime(() => this.#pglite.close())
  }
}
