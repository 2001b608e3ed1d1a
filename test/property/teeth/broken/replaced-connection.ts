import { RedisCommands } from '../../../../src/adapters/cache/redis-commands.ts'
import type { Connecting } from '../../interleaving/simulation/sim-cluster.ts'

const ATTEMPTS = 20

/** One node's connection that makes itself anew, below a session that goes on as if nothing had happened. */
class ReplacedConnection extends RedisCommands {
  readonly ended: Promise<void>
  readonly #open: () => Promise<RedisCommands>
  readonly #ending = Promise.withResolvers<void>()
  #now: RedisCommands
  #closed = false

  constructor(first: RedisCommands, open: () => Promise<RedisCommands>) {
    super()
    this.#now = first
    this.#open = open
    this.ended = this.#ending.promise
    void this.#keepOpen()
  }

  async #keepOpen(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS && !this.#closed; attempt++) {
      await this.#now.ended
      if (!this.#closed) this.#now = await this.#open().catch(() => this.#now)
    }
    this.close()
  }

  get alive(): boolean {
    return !this.#closed && this.#now.alive
  }

  close(): void {
    this.#closed = true
    this.#now.close()
    this.#ending.resolve()
  }

  read(keys: readonly string[]): Promise<readonly (Buffer | null)[]> {
    return this.#now.read(keys)
  }

  makeStamps(tokens: ReadonlyMap<string, string>): Promise<readonly (Buffer | null)[]> {
    return this.#now.makeStamps(tokens)
  }

  set(key: string, value: Buffer, keepMs: number): Promise<void> {
    return this.#now.set(key, value, keepMs)
  }

  deleteAndVerify(keys: readonly string[]): Promise<void> {
    return this.#now.deleteAndVerify(keys)
  }
}

export const replacesConnections: Connecting = async (open) => new ReplacedConnection(await open(), open)
