import { afterEach, expect, it } from 'vitest'
import { dose } from '../support/dose.ts'
import { expectEverywhere, type Fleet, LEASE_MS, read, rename, startFleet, warm } from '../support/fleet.ts'

let fleet: Fleet

afterEach(() => fleet.stop())

it.each(dose(['tiered'] as const, ['tiered', 'near', 'redis', 'lru'] as const))(
  'an instance killed between commit and invalidation leaves nothing old behind (%s)',
  async (cache) => {
    fleet = await startFleet({ size: 3, cache, entry: 'test/chaos/misbehaving-main.ts' })
    await warm(fleet)
    const [victim, ...others] = fleet.instances
    victim!.service.process.kill('SIGUSR2')
    await expect(rename(fleet, 0, 'v1')).rejects.toThrow()
    const died = performance.now()

    // No client was told that the write happened; until a lease has passed, either name is a right answer.
    for (const { api } of others) {
      await expect
        .poll(async () => (await read(fleet, api)).body.name, { timeout: 10_000, interval: 20 })
        .toBe('v1')
    }
    // The drains are due every L/3; the margin is for a machine that is busy with other things.
    expect(performance.now() - died).toBeLessThan(LEASE_MS + 5000)
    await expectEverywhere(fleet, 'v1', others)
    await warm({ ...fleet, instances: others })
    await expectEverywhere(fleet, 'v1', others)
  },
)

it('the next write at another instance takes the dead one’s invalidation along', async () => {
  fleet = await startFleet({ size: 2, cache: 'redis', entry: 'test/chaos/misbehaving-main.ts' })
  await warm(fleet)
  const [victim, survivor] = fleet.instances
  victim!.service.process.kill('SIGUSR2')
  await expect(rename(fleet, 0, 'v1')).rejects.toThrow()
  // Another write, on something else: its readers see the dead one's change in the database.
  const other = await fleet.rosa.api
    .at(survivor!.service.url)
    .post('/markets', { name: 'Other', city: 'X', stall_count: 1 })
  expect(other.status).toBe(201)
  await expectEverywhere(fleet, 'v1', [survivor!])
})
