import { afterEach, expect, it } from 'vitest'
import { dose } from '../support/dose.ts'
import { expectEverywhere, type Fleet, LEASE_MS, read, rename, startFleet, warm } from '../support/fleet.ts'

let fleet: Fleet

afterEach(() => fleet.stop())

/** A write waits at most 1.02·L, and then for its own work; the rest is for a machine that is busy. */
const LONGEST_WRITE_MS = 1.02 * LEASE_MS + 3000

/** Writes at every instance in turn, and reads everywhere after each answer. */
async function writeAround(prefix: string): Promise<void> {
  for (const at of fleet.instances.keys()) {
    const name = `${prefix}${at}`
    const { answer, ms } = await rename(fleet, at, name)
    expect(answer.status, answer.text).toBe(200)
    expect(ms).toBeLessThan(LONGEST_WRITE_MS)
    await expectEverywhere(fleet, name)
  }
}

it.each(dose(['tiered'] as const, ['tiered', 'near', 'redis'] as const))(
  'Redis out of reach for one instance, as writer and as reader (%s)',
  async (cache) => {
    fleet = await startFleet({ size: 2, cache })
    await warm(fleet)
    fleet.instances[0]!.redis.cut()
    await writeAround('cut')
    fleet.instances[0]!.redis.heal()
    await writeAround('healed')
    await warm(fleet)
  },
)

it.each(dose(['tiered'] as const, ['tiered', 'near', 'redis'] as const))(
  'Redis killed and back, for all (%s)',
  async (cache) => {
    fleet = await startFleet({ size: 2, cache })
    await warm(fleet)
    await fleet.redis.kill()
    await writeAround('killed')
    await fleet.redis.restart()
    await warm(fleet)
    await writeAround('back')
  },
)

it('a stalled Redis executes its queue late, and revives nothing', async () => {
  fleet = await startFleet({ size: 2, cache: 'tiered' })
  await warm(fleet)
  fleet.redis.pause()
  await writeAround('stalled')
  fleet.redis.resume()
  await expectEverywhere(fleet, 'stalled1')
  await warm(fleet)
  await writeAround('resumed')
})

it('a service that starts without Redis serves, and takes it into use when it comes', async () => {
  fleet = await startFleet({ size: 2, cache: 'tiered', redisRunning: false })
  await writeAround('without')
  await fleet.redis.restart()
  await warm(fleet)
  await writeAround('with')
})

it('thousands of hits of a near cache ask Redis nothing, and go on while it is gone', async () => {
  fleet = await startFleet({ size: 1, cache: 'near' })
  await warm(fleet)
  const { api } = fleet.instances[0]!
  /** Drains ask on; reads would with one of these. */
  const lookups = async () => {
    const stats = String(await fleet.redis.cli('INFO', 'commandstats'))
    const calls = (command: string) =>
      Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
    return calls('get') + calls('mget')
  }
  /** Until there were so many; a busy machine may let its lease lapse, or its connection to the log end. */
  const hits = async (count: number) => {
    let others = 0
    for (let seen = 0; seen < count; ) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => read(fleet, api)))
      const inMemory = answers.filter(({ headers }) => /; hit;.*detail=l1/.test(headers.get('cache-status')!))
      seen += inMemory.length
      others += answers.length - inMemory.length
    }
    return others
  }
  const before = await lookups()
  const many = dose(2000, 10_000)
  const others = await hits(many)
  expect(others).toBeLessThan(many)
  expect((await lookups()) - before).toBeLessThanOrEqual(others)
  await fleet.redis.kill()
  await hits(500)
  await writeAround('killed')
  await warm(fleet)
})
