import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RedisClusterCache } from '../../../src/adapters/cache/redis-cache.ts'
import type { CachePort } from '../../../src/application/consistency/ports/cache-port.ts'
import { entryOf, fill, lookup, names, untilUsable } from '../../contract/cache-contract.ts'
import { RealClock, RealRandom } from '../../contract/sources.ts'
import { startRedisCluster, type TestCluster } from '../../support/redis-cluster.ts'
import { confirmed, eventually, SLACK_MS, TIMEOUT_MS, timedLookup } from './harness.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let cluster: TestCluster
let cache: CachePort

beforeEach(async () => {
  cluster = await startRedisCluster()
  cache = new RedisClusterCache({ url: cluster.url }, new RealClock(), new RealRandom())
  await untilUsable(cache)
})

afterEach(async () => {
  await cache.close()
  await cluster.stop()
})

test('a slot that moves to another master ends the session', async () => {
  const { key, tag } = names()
  await fill(cache, key, [tag], entryOf('old'))
  const before = cache.session()
  const stampSlot = Number(await cluster.nodes[0]!.cli('CLUSTER', 'KEYSLOT', `marketflow:stamp:${tag}`))
  await moveSlot(cluster, stampSlot)

  await eventually('the session ends', async () => {
    await timedLookup(cache, key, [tag])
    return cache.session() === before ? undefined : true
  })
  await confirmed(cache)
  // Its stamp moved with it.
  expect((await lookup(cache, key, [tag])).entry?.body.toString()).toBe('old')
  await confirmed(cache, [tag])
  expect((await lookup(cache, key, [tag])).entry).toBeUndefined()
  await fill(cache, key, [tag], entryOf('new'))
  expect((await lookup(cache, key, [tag])).entry?.body.toString()).toBe('new')
})

test('one master stalled: lookups end at their deadline, and the cache comes back', async () => {
  const tags = Array.from({ length: 12 }, () => names().tag)
  await fill(cache, tags[0]!, tags, entryOf('old'))
  cluster.nodes[1]!.pause()
  const { reason, tookMs } = await timedLookup(cache, tags[0]!, tags)
  expect(reason).toBe('timeout')
  expect(tookMs).toBeLessThan(TIMEOUT_MS + SLACK_MS)
  await expect(cache.session()!.invalidate(tags)).rejects.toThrow()
  cluster.nodes[1]!.resume()
  await confirmed(cache, tags)
  expect((await lookup(cache, tags[0]!, tags)).entry).toBeUndefined()
})

test('one master gone: a session needs every master', async () => {
  const before = cache.session()
  await cluster.nodes[2]!.kill()
  await eventually('the session is gone', async () => (cache.session() === undefined ? true : undefined))
  await expect(before!.invalidate([])).rejects.toThrow()
})

/** Takes a slot, keys and all, from its owner and gives it to the next node. */
async function moveSlot({ nodes }: TestCluster, slot: number): Promise<void> {
  const ids = await Promise.all(nodes.map(async (node) => String(await node.cli('CLUSTER', 'MYID'))))
  const from = Math.min(nodes.length - 1, Math.floor((slot * nodes.length) / 16_384))
  const to = (from + 1) % nodes.length
  await nodes[to]!.cli('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[from]!)
  await nodes[from]!.cli('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[to]!)
  const keys = (await nodes[from]!.cli('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[]
  for (const key of keys) await nodes[from]!.cli('MIGRATE', '127.0.0.1', nodes[to]!.port, key, 0, 1000)
  await nodes[to]!.cli('CLUSTER', 'SETSLOT', slot, 'NODE', ids[to]!)
  await nodes[from]!.cli('CLUSTER', 'SETSLOT', slot, 'NODE', ids[to]!)
  for (const node of nodes) await node.cli('CLUSTER', 'SETSLOT', slot, 'NODE', ids[to]!).catch(() => {})
}
