import { afterEach, expect, it } from 'vitest'
import { expectEverywhere, type Fleet, LEASE_MS, rename, startFleet, warm } from '../support/fleet.ts'

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

it.each(['tiered', 'redis'] as const)(
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

it.each(['tiered', 'redis'] as const)('Redis killed and back, for all (%s)', async (cache) => {
  fleet = await startFleet({ size: 2, cache })
  await warm(fleet)
  await fleet.redis.kill()
  await writeAround('killed')
  await fleet.redis.restart()
  await warm(fleet)
  await writeAround('back')
})

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
