import { expect } from 'vitest'
import type { Found, View } from '../../../src/application/consistency/view.ts'
import { GetMarket, GetMarketStats } from '../../../src/application/markets/market-reads.ts'
import type { ViewQueries } from '../../../src/application/ports/view-queries.ts'
import type { ClockPutForward } from '../../contract/sources.ts'
import type { TestRedis } from '../../support/redis.ts'
import { type Command, NUCLEUS } from '../coverage/commands.ts'
import { ManualClock } from '../coverage/fakes.ts'
import { type Question, questionsOf } from '../coverage/questions.ts'
import { World } from '../coverage/world.ts'
import { Expected } from './expected.ts'
import type { Action, Mishap } from './mishaps.ts'
import type { Instance } from './service.ts'

/** A reader without an account: sees what everybody sees. */
const STRANGER = 'a stranger'

/** Runs scripts against instances that share a database, and asks all of them every question after every action. */
export class Comparison {
  readonly counts = new Map<string, number>()
  readonly #instances: readonly Instance[]
  readonly #clock: ClockPutForward
  #afterWrite = false
  readonly #nodes: readonly TestRedis[]

  /** `nodes`: of the Redis, or the Redis Cluster, that the instances share. */
  constructor(instances: readonly Instance[], clock: ClockPutForward, nodes: readonly TestRedis[]) {
    this.#instances = instances
    this.#clock = clock
    this.#nodes = nodes
  }

  async run(script: readonly Action[], worldNumber: number): Promise<void> {
    const clock = new ManualClock()
    const world = new World(worldNumber, clock)
    const expected = new Expected()
    for (const command of NUCLEUS) await this.#write(command, 0, world, expected)
    await this.#compare(world, expected, 'at the beginning')
    for (const [i, action] of script.entries()) {
      clock.advance(i % 2)
      if (action.do === 'write') {
        await this.#write(action.command, action.via, world, expected)
        this.#afterWrite = true
      } else {
        await this.#befall(action)
        await this.#compare(world, expected, `right after ${JSON.stringify(action)}`)
        // The cache is back in use now, and so are the entries that it kept.
        for (const instance of this.#instances) await instance.drain()
      }
      await this.#compare(world, expected, `after ${JSON.stringify(action)}`)
      this.#afterWrite = false
    }
  }

  async #write(command: Command, via: number, world: World, expected: Expected): Promise<void> {
    const allowed = expected.allows(command, world)
    const { writes } = this.#instances[via % this.#instances.length]!
    const refused = await world.perform(command, writes)
    if (allowed !== undefined)
      expect(refused === undefined, `${JSON.stringify(command)}: ${refused}`).toBe(allowed)
    expected.follow(command, world, refused)
    this.#count(refused === undefined ? 'write' : 'refused write')
  }

  async #befall(mishap: Mishap): Promise<void> {
    switch (mishap.do) {
      case 'pass':
        // The lease is past, too, until the next drain.
        this.#clock.pass(mishap.seconds * 1000)
        break
      case 'flush':
        await Promise.all(this.#nodes.map((node) => node.cli('FLUSHALL')))
        break
      case 'evict':
        await this.#evict(mishap.keys)
        break
      case 'cut':
        for (const { cache } of this.#instances) cache.reset()
    }
    this.#count(mishap.do)
  }

  async #evict(indexes: readonly number[]): Promise<void> {
    const stored: { readonly key: string; readonly node: TestRedis }[] = []
    for (const node of this.#nodes) {
      for (const key of ((await node.cli('KEYS', '*')) as string[]).sort()) stored.push({ key, node })
    }
    if (stored.length === 0) return
    const chosen = new Set(indexes.map((index) => stored[index % stored.length]!))
    for (const { key, node } of chosen) await node.cli('DEL', key)
  }

  async #compare(world: World, expected: Expected, when: string): Promise<void> {
    const questions = questionsOf(world)
    const truth = await this.#instances[0]!.snapshots.read(async (queries) => {
      const answers: Found<unknown>[] = []
      for (const { load } of questions) answers.push(await load(queries))
      return answers
    })
    for (const [i, instance] of this.#instances.entries()) {
      const reads = questions.map((question, j) =>
        this.#same(question, instance, truth[j], `${when}, instance ${i}`),
      )
      await Promise.all(reads)
      await this.#agrees(world, expected, instance, when)
    }
  }

  async #same(question: Question, instance: Instance, found: Found<unknown>, when: string): Promise<void> {
    const reading = await question.put((view: View<never, unknown, ViewQueries>, params) =>
      instance.reads.read(view, params as never),
    )
    this.#count(reading.status.kind)
    if (this.#afterWrite && reading.status.kind === 'hit') this.#count('hit right after a write')
    expect(reading.status.kind, question.name).not.toBe('unverified')
    const body = reading.body.toString()
    const sent = typeof found?.value === 'string' ? body : JSON.parse(body || 'null')
    expect(reading.exists ? sent : undefined, `${question.name} ${when}`).toEqual(found?.value)
    expect(reading.isVisibleTo(STRANGER), `${question.name} ${when}: who may see it`).toBe(
      found?.visibleTo === undefined,
    )
    expect(reading.isVisibleTo(found?.visibleTo)).toBe(true)
  }

  async #agrees(world: World, expected: Expected, { reads }: Instance, when: string): Promise<void> {
    for (const { id } of world.markets) {
      if (!expected.exists(id)) continue
      const stats = (await reads.read(GetMarketStats.view, { id })).value()
      expect(stats, when).toEqual({ market_id: id, ...expected.stats(id) })
      const detail = (await reads.read(GetMarket.view, { id })).value()
      const status = expected.status(id)
      expect(detail, when).toMatchObject({ ...(status && { status }), vendor_count: stats!.vendor_count })
      expect(detail!.vendors.length, when).toBe(stats!.vendor_count)
    }
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }
}
