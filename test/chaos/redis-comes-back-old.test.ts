import { afterEach, beforeEach, expect, it } from 'vitest'
import { expectEverywhere, type Fleet, rename, startFleet, warm } from '../support/fleet.ts'
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
