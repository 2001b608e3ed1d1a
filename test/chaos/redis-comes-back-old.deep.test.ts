import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { expectEverywhere, type Fleet, LEASE_MS, rename, startFleet, warm } from '../support/fleet.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

let fleet: Fleet
let replica: TestRedis

beforeEach(async () => {
  fleet = await startFleet({ size: 2, cache: 'redis' })
  replica = await startRedis()
})

afterEach(async () => {
  await fleet.stop()
  await replica.stop()
})

it('restarted from a dump that is older than a write', async () => {
  await warm(fleet)
  await fleet.redis.cli('SAVE')
  expect((await rename(fleet, 0, 'v1')).answer.status).toBe(200)
  await fleet.redis.kill()
  await fleet.redis.restart()
  expect(await fleet.redis.cli('DBSIZE')).toBeGreaterThan(0)
  await expectEverywhere(fleet, 'v1')
  await warm(fleet)
  await expectEverywhere(fleet, 'v1')
})

it('failed over to a replica that lags behind a write', async () => {
  await fleet.redis.cli('CONFIG', 'SET', 'repl-diskless-sync-delay', 0)
  await replica.cli('REPLICAOF', '127.0.0.1', fleet.redis.port)
  const isCopied = async () => {
    await warm(fleet)
    const keys = async (server: TestRedis) => String(((await server.cli('KEYS', '*')) as string[]).sort())
    return (await keys(replica)) === (await keys(fleet.redis))
  }
  await expect.poll(isCopied, { timeout: 20_000 }).toBe(true)
  // Cut off from its master, as by a partition; promoted only after the write.
  await replica.cli('REPLICAOF', '127.0.0.1', 1)
  expect((await rename(fleet, 0, 'v1')).answer.status).toBe(200)
  await fleet.redis.kill()
  for (const { redis } of fleet.instances) redis.retarget(replica.port)
  await replica.cli('REPLICAOF', 'NO', 'ONE')
  await expectEverywhere(fleet, 'v1')
  await warm(fleet)
  await expectEverywhere(fleet, 'v1')
  expect((await rename(fleet, 1, 'v2')).answer.status).toBe(200)
  await expectEverywhere(fleet, 'v2')
})

it('split in two, where the cut-off master refuses writes a lease before another takes its place', async () => {
  await fleet.redis.cli('CONFIG', 'SET', 'repl-diskless-sync-delay', 0)
  await replica.cli('REPLICAOF', '127.0.0.1', fleet.redis.port)
  const takesWrites = () => fleet.redis.cli('SET', 'probe', 1).catch(String)
  await fleet.redis.cli('CONFIG', 'SET', 'min-replicas-to-write', 1)
  await expect.poll(takesWrites, { timeout: 20_000 }).toBe('OK')
  // With its first replica a master changes its name, and the next drain takes a new session.
  await sleep(LEASE_MS)
  await warm(fleet)
  await replica.cli('REPLICAOF', '127.0.0.1', 1)
  await expect.poll(takesWrites, { timeout: 20_000 }).toMatch('NOREPLICAS')
  await sleep(1.02 * LEASE_MS)
  await replica.cli('REPLICAOF', 'NO', 'ONE')
  const elsewhere = fleet.instances.slice(1)
  for (const { redis } of elsewhere) redis.retarget(replica.port)
  await warm({ ...fleet, instances: elsewhere })
  expect((await rename(fleet, 1, 'v1')).answer.status).toBe(200)
  await expectEverywhere(fleet, 'v1')
})
