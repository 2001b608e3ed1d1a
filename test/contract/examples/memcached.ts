import { createHash } from 'node:crypto'
import type { Clock, Random } from 'marketflow/port'
import { createNode, type MemcacheNode } from 'memcache'
import { RemoteCache, type RemoteCacheOptions, type RemoteCommands } from './remote-cache.ts'

export interface MemcachedOptions extends Omit<RemoteCacheOptions, 'name' | 'open'> {
  readonly host: string
  readonly port: number
}

/** Keeps entries and stamps in a memcached. */
export function memcachedCache(
  { host, port, ...options }: MemcachedOptions,
  clock: Clock,
  random: Random,
): RemoteCache {
  const open = (signal: AbortSignal) => Memcached.open(host, port, signal)
  return new RemoteCache({ ...options, name: 'memcached', open }, clock, random)
}

/** A connection on which nothing was sent for so long is closed, in ms; drains send something three times per lease. */
const SILENCE_MS = 10_000
/** Beyond so many seconds memcached takes a time to live for a date. */
const MONTH_S = 30 * 86_400

/** One connection to memcached. A server that starts again is empty, and ends the connection. */
class Memcached implements RemoteCommands {
  readonly ended: Promise<void>
  readonly #node: MemcacheNode
  #closed = false

  private constructor(node: MemcacheNode) {
    this.#node = node
    this.ended = new Promise((resolve) => {
      node.on('close', () => resolve())
    })
  }

  static async open(host: string, port: number, signal: AbortSignal): Promise<Memcached> {
    const node = createNode(host, port, { timeout: SILENCE_MS })
    const giveUp = () => void node.socket?.destroy(new Error('Closed while it was opening'))
    // A command that waits for its answer is told; without a listener it would end the process.
    node.on('error', () => {})
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      const commands = new Memcached(node)
      await node.connect()
      return commands
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  get alive(): boolean {
    return !this.#closed && this.#node.isConnected()
  }

  async read(keys: readonly string[]): Promise<readonly (Buffer | undefined)[]> {
    const names = keys.map(nameOf)
    const answer = await this.#node.command(`get ${names.join(' ')}`, {
      isMultiline: true,
      requestedKeys: names,
    })
    const found = new Map<string, string>()
    for (const [i, name] of (answer?.foundKeys ?? []).entries()) found.set(name, answer.values[i])
    return names.map((name) => {
      const value = found.get(name)
      return value === undefined ? undefined : Buffer.from(value, 'base64')
    })
  }

  async add(values: ReadonlyMap<string, string>): Promise<void> {
    const added = Array.from(values, ([key, value]) => this.#put('add', key, Buffer.from(value), 0))
    await Promise.all(added)
  }

  async set(key: string, value: Buffer, keepMs: number): Promise<boolean> {
    const seconds = Math.ceil(keepMs / 1000)
    if (seconds <= 0) return false
    try {
      return (await this.#put('set', key, value, Math.min(seconds, MONTH_S))) === 'STORED'
    } catch (error) {
      // Too large, or no memory left.
      if (error instanceof Error && error.message.startsWith('SERVER_ERROR')) return false
      throw error
    }
  }

  /** As text: the client reads values as UTF-8. */
  #put(command: 'add' | 'set', key: string, value: Buffer, seconds: number): Promise<unknown> {
    const text = value.toString('base64')
    return this.#node.command(`${command} ${nameOf(key)} 0 ${seconds} ${text.length}\r\n${text}`)
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) {
      await this.#node.command('version')
      return
    }
    const answers = await Promise.all(keys.map((key) => this.#node.command(`delete ${nameOf(key)}`)))
    const refused = answers.find((answer) => answer !== 'DELETED' && answer !== 'NOT_FOUND')
    if (refused !== undefined) throw new Error(`memcached answers ${refused} to a delete`)
  }

  close(): void {
    // The socket's end comes later, and a session that was given up must not be given out until then.
    this.#closed = true
    this.#node.socket?.destroy()
  }
}

/** Any key within what memcached takes: 250 bytes without blanks. */
function nameOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}
