import { SpanKind } from '@opentelemetry/api'
import { RedisCommands } from '../../adapters/cache/redis-commands.ts'
import { inSpan } from './spans.ts'

/**
 * Redis's round trips, by the semantic conventions for databases. Reads of one tick share one: it belongs to the trace
 * of the request that asked first.
 */
export class TracedRedis extends RedisCommands {
  readonly #commands: RedisCommands
  readonly #server: Record<string, string | number>

  /** `urls`: the servers; credentials in them stay out of the spans. Of a cluster's, it is unknown here which one answers. */
  constructor(commands: RedisCommands, urls: readonly string[]) {
    super()
    this.#commands = commands
    this.#server = urls.length === 1 ? addressOf(new URL(urls[0]!)) : {}
  }

  read(keys: readonly string[]): Promise<readonly (Buffer | null)[]> {
    return this.#trip('MGET', keys.length, () => this.#commands.read(keys))
  }

  makeStamps(tokens: ReadonlyMap<string, string>): Promise<readonly (Buffer | null)[]> {
    return this.#trip('SET NX', tokens.size, () => this.#commands.makeStamps(tokens))
  }

  set(key: string, value: Buffer, keepMs: number): Promise<void> {
    return this.#trip('SET', 1, () => this.#commands.set(key, value, keepMs))
  }

  deleteAndVerify(keys: readonly string[]): Promise<void> {
    return this.#trip('UNLINK', keys.length, () => this.#commands.deleteAndVerify(keys))
  }

  get ended(): Promise<void> {
    return this.#commands.ended
  }

  get alive(): boolean {
    return this.#commands.alive
  }

  close(): void {
    this.#commands.close()
  }

  #trip<T>(operation: string, keys: number, send: () => Promise<T>): Promise<T> {
    const attributes = {
      'db.system.name': 'redis',
      'db.operation.name': operation,
      // The conventions know a batch only where there are two or more.
      ...(keys > 1 && { 'db.operation.batch.size': keys }),
      ...this.#server,
    }
    return inSpan(operation, attributes, send, SpanKind.CLIENT)
  }
}

function addressOf({ hostname, port }: URL): Record<string, string | number> {
  return { 'server.address': hostname, 'server.port': Number(port || 6379) }
}
