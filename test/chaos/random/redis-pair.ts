import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet } from '../../support/fleet.ts'
import { startRedis, type TestRedis } from '../../support/redis.ts'

/** The Redis that the fleet uses, and a second one to fail over to; with each fail-over they change places. */
export class RedisPair {
  readonly #fleet: Fleet
  readonly #second: TestRedis
  #master: TestRedis
  #standby: TestRedis

  private constructor(fleet: Fleet, second: TestRedis) {
    this.#fleet = fleet
    this.#second = second
    this.#master = fleet.redis
    this.#standby = second
  }

  static async beside(fleet: Fleet): Promise<RedisPair> {
    return new RedisPair(fleet, await startRedis({ running: false }))
  }

  get master(): TestRedis {
    return this.#master
  }

  /** Copies the master, parts the copy from it, lets writes happen, and puts the older copy in its place. */
  async failOver(whileApart: () => Promise<void>): Promise<void> {
    await this.#standby.restart()
    await this.#master.cli('CONFIG', 'SET', 'repl-diskless-sync-delay', 0)
    await this.#standby.cli('REPLICAOF', '127.0.0.1', this.#master.port)
    await this.#untilCopied()
    await this.#standby.cli('REPLICAOF', '127.0.0.1', 1)
    await whileApart()
    await this.#master.kill()
    ;[this.#master, this.#standby] = [this.#standby, this.#master]
    for (const { redis } of this.#fleet.instances) redis.retarget(this.#master.port)
    // Some already talk to it when it is promoted.
    await sleep(50)
    await this.#master.cli('REPLICAOF', 'NO', 'ONE')
  }

  /** The first one belongs to the fleet. */
  stop(): Promise<void> {
    return this.#second.stop()
  }

  async #untilCopied(): Promise<void> {
    for (let attempt = 0; attempt < 400; attempt++) {
      const state = String(await this.#standby.cli('INFO', 'replication'))
      if (state.includes('master_link_status:up')) return
      await sleep(25)
    }
    throw new Error('The second Redis did not become a copy of the first')
  }
}
