import { createClient, RESP_TYPES } from '@redis/client'
import type { Clock, Random } from 'marketflow/port'
import { RemoteCache, type RemoteCacheOptions, type RemoteCommands } from './remote-cache.ts'

export interface RedisClientOptions extends Omit<RemoteCacheOptions, 'name' | 'open'> {
  readonly url: string
}

/** Keeps entries and stamps in a Redis, or a Valkey, through another client than Marketflow's own. */
export function redisClientCache(
  { url, ...options }: RedisClientOptions,
  clock: Clock,
  random: Random,
): RemoteCache {
  const open = (signal: AbortSignal) => RedisConnection.open(url, signal)
  return new RemoteCache({ ...options, name: 'redis by @redis/client', open }, clock, random)
}

const CONNECT_TIMEOUT_MS = 1_000

/** A client that neither reconnects nor sends anything twice: a stamp that is made late would revive old entries. */
function newClient(url: string) {
  return createClient({
    url,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: false, connectTimeout: CONNECT_TIMEOUT_MS },
  })
}

class RedisConnection implements RemoteCommands {
  readonly ended: Promise<void>
  readonly #client: ReturnType<typeof newClient>
  #master = ''

  private constructor(client: ReturnType<typeof newClient>) {
    this.#client = client
    this.ended = new Promise((resolve) => {
      client.on('error', () => resolve())
      client.on('end', () => resolve())
    })
  }

  static async open(url: string, signal: AbortSignal): Promise<RedisConnection> {
    const client = newClient(url)
    const connection = new RedisConnection(client)
    const giveUp = () => connection.close()
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      await client.connect()
      connection.#master = await connection.#whichMaster()
      return connection
    } catch (error) {
      connection.close()
      throw error
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  get alive(): boolean {
    return this.#client.isReady
  }

  async read(keys: readonly string[]): Promise<readonly (Buffer | undefined)[]> {
    const buffers = this.#client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    const [values, master] = await Promise.all([buffers.mGet([...keys]), this.#whichMaster()])
    this.#refuse(master)
    return values.map((value) => value ?? undefined)
  }

  async add(values: ReadonlyMap<string, string>): Promise<void> {
    await Promise.all(Array.from(values, ([key, value]) => this.#client.set(key, value, { condition: 'NX' })))
  }

  async set(key: string, value: Buffer, keepMs: number): Promise<boolean> {
    if (keepMs < 1) return false
    try {
      await this.#client.set(key, value, { expiration: { type: 'PX', value: Math.ceil(keepMs) } })
      return true
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('OOM')) return false
      throw error
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    const deleted = keys.length === 0 ? undefined : this.#client.del([...keys])
    const [master] = await Promise.all([this.#whichMaster(), deleted])
    this.#refuse(master)
  }

  /** Which data this server has: another id after a restart, and after a promotion. Empty for a replica. */
  async #whichMaster(): Promise<string> {
    const info = await this.#client.info('replication')
    return /^role:master/m.test(info) ? (/^master_replid:(\w+)/m.exec(info)?.[1] ?? '') : ''
  }

  #refuse(master: string): void {
    if (master !== '' && master === this.#master) return
    this.close()
    throw new Error('The server is no master, or another one than it was')
  }

  close(): void {
    if (this.#client.isOpen) this.#client.destroy()
  }
}
