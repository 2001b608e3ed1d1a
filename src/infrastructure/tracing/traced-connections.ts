import { SpanKind } from '@opentelemetry/api'
import { type Answer, type Connection, Connections } from '../../adapters/postgres/connections.ts'
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
      use({ query: (sql, parameters) => this.#query(connection, sql, parameters) }),
    )
  }

  close(): Promise<void> {
    return this.#connections.close()
  }

  #query(connection: Connection, sql: string, parameters?: readonly unknown[]): Promise<Answer> {
    const operation = /\w+/.exec(sql)?.[0].toUpperCase() ?? '_OTHER'
    const text = parameters?.length ? sql : withoutValues(sql)
    const attributes = { ...this.#server, 'db.operation.name': operation, 'db.query.text': text }
    return inSpan(operation, attributes, () => connection.query(sql, parameters), SpanKind.CLIENT)
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
