import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet, Instance } from '../../support/fleet.ts'
import { withoutDatabase } from '../../support/postgres.ts'
import type { RedisPair } from './redis-pair.ts'
import type { Seeded } from './seeded.ts'

/** Comes, stays while `hold` lasts, and goes. */
export interface Fault {
  readonly kind: string
  happen(hold: () => Promise<void>): Promise<void>
}

/** Within a lane one fault happens at a time; faults of different lanes overlap. */
export function lanesOf(fleet: Fleet, redis: RedisPair, random: Seeded): readonly (readonly Fault[])[] {
  return [redisFaults(fleet, redis, random), postgresFaults(fleet, random), instanceFaults(fleet, random)]
}

function redisFaults(fleet: Fleet, pair: RedisPair, random: Seeded): Fault[] {
  const killed = async (hold: () => Promise<void>) => {
    await pair.master.kill()
    await hold()
    await pair.master.restart()
  }
  return [
    { kind: 'Redis killed and restarted', happen: killed },
    {
      kind: 'Redis restarted from an older dump',
      happen: async (hold) => {
        await pair.master.cli('SAVE')
        await hold()
        await killed(() => sleep(100))
      },
    },
    { kind: 'Redis replaced by an older copy', happen: (hold) => pair.failOver(hold) },
    {
      kind: 'Redis stalled',
      happen: async (hold) => {
        pair.master.pause()
        await hold()
        pair.master.resume()
      },
    },
    {
      kind: 'Redis flushed',
      happen: async () => {
        await pair.master.cli('FLUSHALL')
      },
    },
    { kind: 'Redis filled until it evicts', happen: (hold) => fill(pair, 'allkeys-random', hold) },
    { kind: 'Redis full, evicting nothing', happen: (hold) => fill(pair, 'noeviction', hold) },
    {
      kind: 'Redis cut off from one instance',
      happen: async (hold) => {
        const { redis } = random.pick(fleet.instances)
        redis.cut()
        await hold()
        redis.heal()
      },
    },
    {
      kind: 'Redis stalled for one instance',
      happen: async (hold) => {
        const { redis } = random.pick(fleet.instances)
        redis.stall()
        await hold()
        redis.heal()
      },
    },
  ]
}

async function fill({ master }: RedisPair, policy: string, hold: () => Promise<void>): Promise<void> {
  const strangers = (call: string) =>
    master.cli('EVAL', `for i = 1, 4000 do redis.pcall(${call}) end`, 0).catch(() => undefined)
  await master.cli('CONFIG', 'SET', 'maxmemory-policy', policy)
  await master.cli('CONFIG', 'SET', 'maxmemory', '3mb')
  await strangers(`'SET', 'stranger:' .. i, string.rep('x', 1000)`)
  await hold()
  await master.cli('CONFIG', 'SET', 'maxmemory', 0)
  await strangers(`'DEL', 'stranger:' .. i`)
}

function postgresFaults(fleet: Fleet, random: Seeded): Fault[] {
  const faults: Fault[] = [
    { kind: 'PostgreSQL restarted', happen: (hold) => withoutDatabase(fleet.databaseUrl, hold) },
  ]
  for (const [whom, choose] of [
    ['one instance', () => [random.pick(fleet.instances)]],
    ['all', () => fleet.instances],
  ] as const) {
    for (const what of ['stall', 'cut'] as const) {
      faults.push({
        kind: `PostgreSQL ${what === 'stall' ? 'stalled for' : 'cut off from'} ${whom}`,
        happen: async (hold) => {
          const chosen = choose()
          for (const { postgres } of chosen) postgres[what]()
          await hold()
          for (const { postgres } of chosen) postgres.heal()
        },
      })
    }
  }
  return faults
}

function instanceFaults(fleet: Fleet, random: Seeded): Fault[] {
  return [
    {
      kind: 'instance killed',
      happen: async (hold) => {
        const victim = random.pick(fleet.instances)
        await victim.service.kill()
        await hold()
        await restart(victim)
      },
    },
    {
      kind: 'instance killed between commit and invalidation',
      happen: async (hold) => {
        const victim = random.pick(fleet.instances)
        const { process } = victim.service
        // From now on its next write is its last; with PostgreSQL out of its reach there may be none for long.
        const gone = once(process, 'exit')
        process.kill('SIGUSR2')
        await Promise.race([gone, sleep(5000)])
        await hold()
        await restart(victim)
      },
    },
    {
      kind: 'instance suspended',
      happen: async (hold) => {
        const { process } = random.pick(fleet.instances).service
        process.kill('SIGSTOP')
        await hold()
        process.kill('SIGCONT')
      },
    },
  ]
}

/** It does not start while PostgreSQL is out of its reach; its supervisor tries again. */
async function restart(instance: Instance): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await instance.restart()
    } catch (error) {
      if (attempt === 20) throw error
      await sleep(500)
    }
  }
}
