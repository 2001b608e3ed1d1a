import { SpanKind } from '@opentelemetry/api'
import { type Connection, Connections, type Statement } from '../../adapters/postgres/connections.ts'
import { inSpan } from './spans.ts'

/** PostgreSQL's statements, by the semantic conventions for databases. */
export class TracedConnections extends Connections {
  readonly #connections: Connections
  readonly #server: Record<string, string | number>

  /** `url`: undefined when embedded; credentials in it stay out of the spans. */
  constructor(connections: Connections, url: string | undefined) {
    super()
    this.#connections = connections
    this.#server = { 'db.system.name': 'postgresql', ...(url !== undefined && addressOf(new URL(url))) }
  }

  run<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#connections.run((connection) =>
      use({
        query: (sql, parameters) => this.#traced(sql, parameters, () => connection.query(sql, parameters)),
        begin: (statement) => this.#traced(statement, undefined, () => connection.begin(statement)),
        inOneGo: (statements) => this.#inOneGo(connection, statements),
      }),
    )
  }

  /** A span each, all of them as long as the whole. */
  async #inOneGo(connection: Connection, statements: readonly Statement[]) {
    const all = connection.inOneGo(statements)
    const traced = statements.map(({ sql, parameters }, index) =>
      this.#traced(sql, parameters, async () => {
        const settled = (await all)[index]
        if (settled === undefined) throw new Error('Not sent, since one before it had failed')
        if (settled.status === 'rejected') throw settled.reason
      }),
    )
    await Promise.allSettled(traced)
    return all
  }

  close(): Promise<void> {
    return this.#connections.close()
  }

  #traced<T>(sql: string, parameters: readonly unknown[] | undefined, work: () => Promise<T>): Promise<T> {
    const operation = /\w+/.exec(sql)?.[0].toUpperCase() ?? '_OTHER'
    const text = parameters?.length ? sql : withoutValues(sql)
    const attributes = { ...this.#server, 'db.operation.name': operation, 'db.query.text': text }
    return inSpan(operation, attributes, work, SpanKind.CLIENT)
  }
}

/** MikroORM writes values into its statements: password hashes, addresses. From the first one on, nothing is told. */
function withoutValues(sql: string): string {
  const quote = sql.indexOf("'")
  return quote === -1 ? sql : `${sql.slice(0, quote)}…`
}

function addressOf({ hostname, port, pathname }: URL): Record<string, string | number> {
  return {
    'server.address': hostname,
    'server.port': Number(port || 5432),
    'db.namespace': pathname.slice(1),
  }
}
