import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { expectEverywhere, type Fleet, LEASE_MS, rename, startFleet, warm } from '../support/fleet.ts'

let fleet: Fleet

afterEach(() => fleet.stop())

// Private caches: no other instance can reach into the suspended process, so only its own lease keeps it honest.

it('a process suspended for longer than a lease serves nothing old when it goes on', async () => {
  fleet = await startFleet({ size: 2, cache: 'lru' })
  await warm(fleet)
  const sleeper = fleet.instances[0]!
  sleeper.service.process.kill('SIGSTOP')
  const { answer, ms } = await rename({ ...fleet, rosa: fleet.rosa }, 1, 'v1')
  expect(answer.status).toBe(200)
  expect(ms).toBeGreaterThan(LEASE_MS)
  // Sent before it wakes: these are the first things it does.
  const early = Array.from({ length: 20 }, () => expectEverywhere(fleet, 'v1', [sleeper]))
  await sleep(LEASE_MS / 2)
  sleeper.service.process.kill('SIGCONT')
  await Promise.all(early)
  await warm(fleet)
  await expectEverywhere(fleet, 'v1')
})

it('an event loop blocked for longer than a lease serves nothing old when it goes on', async () => {
  fleet = await startFleet({ size: 2, cache: 'lru', entry: 'test/chaos/misbehaving-main.ts' })
  await warm(fleet)
  const blocked = fleet.instances[0]!
  blocked.service.process.kill('SIGWINCH')
  await sleep(50)
  expect((await rename(fleet, 1, 'v1')).answer.status).toBe(200)
  await Promise.all(Array.from({ length: 20 }, () => expectEverywhere(fleet, 'v1', [blocked])))
  await warm(fleet)
  await expectEverywhere(fleet, 'v1')
})
