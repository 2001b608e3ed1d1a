import { Snapshots, type ViewQueries } from '../../application/ports/view-queries.ts'
import type { Connection, Connections } from './connections.ts'
import { within } from './connections.ts'
import { type ObserveDatabase, observed } from './failure-cause.ts'
import { type Query, SqlViewQueries } from './sql-view-queries.ts'
import { inSnapshot } from './transaction-steps.ts'
import { translate } from './translate.ts'

/** Loads: no entity manager takes part, so nothing can answer from an identity map or a result cache. */
export class PostgresSnapshots extends Snapshots {
  readonly #connections: Connections
  readonly #timeoutMs: number
  readonly #observe: ObserveDatabase

  /** `timeoutMs`: the longest a load may take, waiting for a connection included. */
  constructor(connections: Connections, timeoutMs: number, observe: ObserveDatabase) {
    super()
    this.#connections = connections
    this.#timeoutMs = timeoutMs
    this.#observe = observe
  }

  async read<T>(queries: (views: ViewQueries) => Promise<T>): Promise<T> {
    try {
      return await observed(this.#observe, 'loads', () =>
        within(
          this.#timeoutMs,
          this.#connections.run((connection) => snapshot(connection, queries)),
        ),
      )
    } catch (error) {
      throw translate(error)
    }
  }
}

function snapshot<T>(connection: Connection, queries: (views: ViewQueries) => Promise<T>): Promise<T> {
  return inSnapshot(connection, (execute) => {
    const query: Query = async (sql, parameters) => (await execute(sql, parameters)).rows
    return queries(new SqlViewQueries(query))
  })
}
