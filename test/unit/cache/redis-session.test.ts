import { beforeEach, describe, expect, it } from 'vitest'
import { CircuitBreaker } from '../../../src/adapters/cache/circuit-breaker.ts'
import { decodeEntry } from '../../../src/adapters/cache/entry-format.ts'
import { Keyspace } from '../../../src/adapters/cache/keyspace.ts'
import { RedisRefusal } from '../../../src/adapters/cache/redis-commands.ts'
import { RedisSession } from '../../../src/adapters/cache/redis-session.ts'
import { ManualClock } from '../../contract/sources.ts'
import { FixedRandom } from '../consistency/fakes.ts'
import { entryOf, Lease, MemoryCommands, MemoryRedis } from './redis-in-memory.ts'

const TIMEOUT_MS = 50
const INVALIDATE_TIMEOUT_MS = 300

/** Notes the deadlines. */
class WatchedBreaker extends CircuitBreaker {
  readonly deadlines: number[] = []

  override run<T>(ms: number, send: () => Promise<T>): Promise<T> {
    this.deadlines.push(ms)
    return super.run(ms, send)
  }
}

let clock: ManualClock
let server: MemoryRedis
let breaker: WatchedBreaker
let session: RedisSession

beforeEach(() => {
  clock = new ManualClock()
  server = new MemoryRedis(clock)
  breaker = new WatchedBreaker(clock)
  session = new RedisSession(new MemoryCommands(server), {
    keyspace: new Keyspace('p:'),
    breaker,
    clock,
    random: new FixedRandom(),
    timeoutMs: TIMEOUT_MS,
    invalidateTimeoutMs: INVALIDATE_TIMEOUT_MS,
    defer: queueMicrotask,
  })
})

const lookup = () => session.lookup('k', ['t'], new Lease())
const store = (fence: readonly string[], keepMs = 1000) =>
  session.store('k', ['t'], entryOf('x'), fence, keepMs)

describe('a lookup', () => {
  it('makes the stamp, and finds nothing', async () => {
    const found = await lookup()
    expect([found.fence, found.entry]).toEqual([['token-1'], undefined])
    expect(server.asked).toEqual(['read p:stamp:t p:k', 'makeStamps p:stamp:t'])
  })

  it('finds what was stored under the stamps of now', async () => {
    const { fence } = await lookup()
    await store(fence)
    expect(await lookup()).toEqual({ entry: entryOf('x'), tier: 'l2', fence })
  })

  it('finds nothing that was stored under others', async () => {
    await lookup()
    await store(['others'])
    const found = await lookup()
    expect([found.fence, found.entry]).toEqual([['token-1'], undefined])
  })

  it('asks the permit about this session', async () => {
    const lease = new Lease()
    await session.lookup('k', ['t'], lease)
    expect(lease.asked.every((each) => each === session)).toBe(true)
  })
})

it('stamps alone can be asked for, without the entry', async () => {
  const { fence } = await lookup()
  await store(fence)
  server.asked.length = 0
  expect(await session.observe('k', ['t'], new Lease(), session, 'stamps')).toEqual({
    fence,
    stored: undefined,
    stampWasMissing: false,
  })
  expect(server.asked).toEqual(['read p:stamp:t'])
})

describe('storing', () => {
  it('keeps the entry with its stamps, for as long as was said', async () => {
    await store(['s'], 1000)
    expect(decodeEntry(server.get('p:k')!)).toEqual({
      entry: entryOf('x'),
      fence: ['s'],
      keptUntil: clock.now() + 1000,
    })
    expect(breaker.deadlines).toEqual([TIMEOUT_MS])
    clock.advance(1000)
    expect(server.get('p:k')).toBeNull()
  })

  it.each([0, -1])('sends nothing that would be kept for %i ms', async (keepMs) => {
    expect(await store(['s'], keepMs)).toBe(false)
    expect(server.asked).toEqual([])
  })

  it('keeps what has a last millisecond', async () => {
    await store(['s'], 1)
    expect(server.asked).toEqual(['set p:k'])
  })

  it('says whether the entry is kept, and fails no read when the server is full', async () => {
    expect(await store(['s'])).toBe(true)
    server.failing.set('set', new RedisRefusal('OOM command not allowed'))
    expect(await store(['s'])).toBe(false)
  })

  it('fails when the server refuses for another reason', async () => {
    server.failing.set('set', new RedisRefusal('READONLY because'))
    await expect(store(['s'])).rejects.toMatchObject({ name: 'CacheUnusable', reason: 'unreachable' })
  })

  it('hands on what is no refusal, whatever it calls itself', async () => {
    const bug = Object.assign(new TypeError('ours'), { code: 'OOM' })
    server.failing.set('set', bug)
    await expect(store(['s'])).rejects.toBe(bug)
  })
})

describe('invalidating', () => {
  it('deletes each stamp once, within its own deadline', async () => {
    await session.invalidate(['a', 'b', 'a'])
    expect(server.asked).toEqual(['deleteAndVerify p:stamp:a p:stamp:b'])
    expect(breaker.deadlines).toEqual([INVALIDATE_TIMEOUT_MS])
  })

  it('asks also when there is nothing to delete: the server must prove what it is', async () => {
    await session.invalidate([])
    expect(server.asked).toEqual(['deleteAndVerify'])
  })

  it('is no confirmation when the server refuses', async () => {
    server.failing.set('deleteAndVerify', new RedisRefusal('DEMOTED because'))
    await expect(session.invalidate(['a'])).rejects.toMatchObject({ reason: 'unreachable' })
  })
})

describe('inspecting', () => {
  it('tells stamps and entry in one round trip, and makes none', async () => {
    await store(['s'])
    server.set('p:stamp:t', Buffer.from('now'))
    server.asked.length = 0
    expect(await session.inspect('k', ['t', 'missing'])).toEqual({
      stamps: ['now', undefined],
      entries: [{ tier: 'l2', entry: entryOf('x'), fence: ['s'] }],
    })
    expect(server.asked).toEqual(['read p:k p:stamp:t p:stamp:missing'])
    expect(breaker.deadlines.at(-1)).toBe(TIMEOUT_MS)
  })

  it('takes what no instance of ours has written for nothing', async () => {
    server.set('p:k', Buffer.from('another program’s'))
    expect(await session.inspect('k', [])).toEqual({ stamps: [], entries: [] })
  })

  it('fails as a read does', async () => {
    server.failing.set('read', new RedisRefusal('DEMOTED because'))
    await expect(session.inspect('k', ['t'])).rejects.toMatchObject({ reason: 'unreachable' })
  })
})
