import type { Host } from './host.ts'
import type { Prng } from './prng.ts'

/**
 * `log`: the connection of the drains alone, which stalls instead of failing. `redis 2`: a cluster's other node. `cache`: the
 * server of an adapter of one's own.
 */
export type Server = 'database' | 'log' | 'redis' | 'redis 2' | 'cache'

/** Who reaches whom, and how often an answer gets lost. */
export class Network {
  readonly #cut = new Set<string>()
  readonly #random: Prng
  readonly #lossChance: number

  constructor(random: Prng, lossChance: number) {
    this.#random = random
    this.#lossChance = lossChance
  }

  reaches(host: Host, server: Server): boolean {
    return !this.#cut.has(`${host.name} ${server}`)
  }

  cut(host: Host, server: Server): void {
    this.#cut.add(`${host.name} ${server}`)
  }

  heal(host: Host, server: Server): void {
    this.#cut.delete(`${host.name} ${server}`)
  }

  losesReply(): boolean {
    return this.#lossChance > 0 && this.#random.chance(this.#lossChance)
  }
}
