import { beforeEach, describe, expect, it } from 'vitest'
import { CircuitBreaker } from '../../../src/adapters/cache/circuit-breaker.ts'
import { encodeEntry } from '../../../src/adapters/cache/entry-format.ts'
import { RedisRefusal } from '../../../src/adapters/cache/redis-commands.ts'
import { type Question, StampBatch } from '../../../src/adapters/cache/stamp-batch.ts'
import type { CacheSession, Fence } from '../../../src/application/consistency/ports/cache-port.ts'
import { ManualClock } from '../../contract/sources.ts'
import { FixedRandom } from '../consistency/fakes.ts'
import { entryOf, Lease, MemoryCommands, MemoryRedis } from './redis-in-memory.ts'

const TIMEOUT_MS = 50

/** Notes the deadlines, and lets a test happen before a round trip. */
class WatchedBreaker extends CircuitBreaker {
  readonly deadlines: number[] = []
  before: () => void = () => {}

  override run<T>(ms: number, send: () => Promise<T>): Promise<T> {
    this.deadlines.push(ms)
    return super.run(ms, () => {
      const reply = send()
      this.before()
      return reply
    })
  }
}

let clock: ManualClock
let server: MemoryRedis
let breaker: WatchedBreaker
let flushes: (() => void)[]
let batch: StampBatch
let lease: Lease

beforeEach(() => {
  clock = new ManualClock()
  server = new MemoryRedis(clock)
  breaker = new WatchedBreaker(clock)
  flushes = []
  lease = new Lease()
  const commands = new MemoryCommands(server)
  batch = new StampBatch(commands, breaker, clock, new FixedRandom(), TIMEOUT_MS, (flush) =>
    flushes.push(flush),
  )
})

const session = {} as CacheSession
const fillLease = (fence: Fence) => `lease ${fence}`
const ask = (question: Partial<Question> = {}) =>
  batch.ask({ stamps: ['s'], entry: undefined, fillLease, permit: lease, session, ...question })

/** Ends the turn of the event loop. */
function flush(): void {
  for (const each of flushes.splice(0)) each()
}

/** As a value in Redis. */
const value = (text: string) => encodeEntry({ entry: entryOf(text), fence: ['old'], keptUntil: 3 })

describe('the lookups of one turn', () => {
  it('are sent together, each name once', async () => {
    for (const name of ['a', 'b']) server.set(name, Buffer.from(`stamp ${name}`))
    const stored = { entry: entryOf('x'), fence: ['stamp b', 'stamp a'], keptUntil: 3 }
    server.set('e', encodeEntry(stored))
    const all = [ask({ stamps: ['a'] }), ask({ stamps: ['b', 'a'], entry: 'e' }), ask({ stamps: [] })]
    expect(flushes).toHaveLength(1)
    expect(server.asked).toEqual([])
    flush()
    expect(await Promise.all(all)).toEqual([
      { fence: ['stamp a'], stored: undefined, stampWasMissing: false },
      {
        fence: ['stamp b', 'stamp a'],
        stored,
        stampWasMissing: false,
      },
      { fence: [], stored: undefined, stampWasMissing: false },
    ])
    expect(server.asked).toEqual(['read a b e'])
    expect(breaker.deadlines).toEqual([TIMEOUT_MS])
  })

  it('are not those of the next turn', async () => {
    server.set('s', Buffer.from('stamp'))
    const first = ask()
    flush()
    const second = ask()
    flush()
    await Promise.all([first, second])
    expect(server.asked).toEqual(['read s', 'read s'])
  })

  it('ask no server when there is nothing to ask', async () => {
    const nothing = ask({ stamps: [] })
    flush()
    expect(await nothing).toEqual({ fence: [], stored: undefined, stampWasMissing: false })
    expect(server.asked).toEqual([])
  })

  it('are sent after this turn of the event loop unless the caller says otherwise', async () => {
    server.set('s', Buffer.from('stamp'))
    const usual = new StampBatch(new MemoryCommands(server), breaker, clock, new FixedRandom(), TIMEOUT_MS)
    const question = { stamps: ['s'], entry: undefined, fillLease, permit: lease, session }
    const both = [usual.ask(question), usual.ask(question)]
    await Promise.resolve()
    expect(server.asked).toEqual([])
    await Promise.all(both)
    expect(server.asked).toEqual(['read s'])
  })
})

describe('a missing stamp', () => {
  it('is made and read back by a second round trip, in what is left of the deadline', async () => {
    server.set('there', Buffer.from('stamp'))
    breaker.before = () => clock.advance(20)
    const found = ask({ stamps: ['there', 'missing'] })
    flush()
    expect(await found).toMatchObject({
      fence: ['stamp', 'token-1'],
      stored: undefined,
      stampWasMissing: true,
    })
    expect(server.asked).toEqual(['read there missing', 'makeStamps missing'])
    expect(breaker.deadlines).toEqual([TIMEOUT_MS, TIMEOUT_MS - 20])
  })

  it('has a last millisecond for the second round trip, when the first took all', async () => {
    breaker.before = () => clock.advance(TIMEOUT_MS)
    const found = ask()
    flush()
    await found
    expect(breaker.deadlines).toEqual([TIMEOUT_MS, 1])
  })

  it('is the one that is read back, when another reader was quicker', async () => {
    breaker.before = () => {
      breaker.before = () => {}
      server.set('s', Buffer.from('theirs'))
    }
    const found = ask()
    flush()
    expect(await found).toMatchObject({ fence: ['theirs'], stampWasMissing: true })
  })

  it('makes an entry that was found void: it was stored under one that is lost', async () => {
    server.set('e', value('x'))
    const found = ask({ entry: 'e' })
    flush()
    expect(await found).toMatchObject({ stored: undefined, stampWasMissing: true })
  })

  it('holds up no read that does not need it', async () => {
    server.set('there', Buffer.from('stamp'))
    server.failing.set('makeStamps', new RedisRefusal('MOVED away'))
    const [quick, slow] = [ask({ stamps: ['there'] }), ask({ stamps: ['missing'] })]
    flush()
    await expect(slow).rejects.toMatchObject({ reason: 'unreachable' })
    expect(await quick).toMatchObject({ fence: ['stamp'], stampWasMissing: false })
    expect(server.asked.at(-1)).toBe('makeStamps missing')
  })

  it('that a full server does not take is no fence', async () => {
    server.full = true
    const found = ask()
    flush()
    await expect(found).rejects.toMatchObject({ name: 'CacheUnusable', reason: 'unreachable' })
  })
})

describe('the lease to load', () => {
  const stored = (expiresAt: number) =>
    encodeEntry({ entry: { ...entryOf('x'), expiresAt }, fence: ['stamp'], keptUntil: 3 })

  it('comes with the stamps that it proposed, under which no other instance can have it', async () => {
    const found = ask({ stamps: ['s', 'missing'], entry: 'e' })
    server.set('s', Buffer.from('stamp'))
    flush()
    expect((await found).fillLease).toMatchObject({ giveBack: expect.any(Function) })
    expect(server.asked).toEqual(['read s missing e', 'makeStamps missing'])
    expect(server.get('lease stamp,token-1')).not.toBeNull()
  })

  it('is another’s where another made the stamp', async () => {
    breaker.before = () => {
      breaker.before = () => {}
      server.set('s', Buffer.from('theirs'))
    }
    const found = ask({ entry: 'e' })
    flush()
    expect((await found).fillLease).toBe('taken')
  })

  it('is one reader’s, where stamps are there and no entry is, until half a second has passed', async () => {
    server.set('s', Buffer.from('stamp'))
    const turn = async () => {
      const found = ask({ entry: 'e' })
      flush()
      return (await found).fillLease
    }
    expect(await turn()).not.toBe('taken')
    expect(await turn()).toBe('taken')
    clock.advance(499)
    expect(await turn()).toBe('taken')
    clock.advance(1)
    expect(await turn()).not.toBe('taken')
  })

  it('is another’s to have at once, when it is given back', async () => {
    server.set('s', Buffer.from('stamp'))
    const first = ask({ entry: 'e' })
    flush()
    const { fillLease: mine } = await first
    if (mine === 'taken') throw new Error('it was taken')
    mine?.giveBack()
    clock.advance(1)
    const second = ask({ entry: 'e' })
    flush()
    expect((await second).fillLease).not.toBe('taken')
  })

  it('is taken for an entry that is past its time, which is found all the same', async () => {
    server.set('s', Buffer.from('stamp'))
    server.set('e', stored(clock.now()))
    const found = ask({ entry: 'e' })
    flush()
    expect(await found).toMatchObject({
      stored: { fence: ['stamp'] },
      fillLease: { giveBack: expect.any(Function) },
    })
  })

  it('is not asked for by a hit, nor for stamps alone', async () => {
    server.set('s', Buffer.from('stamp'))
    server.set('e', stored(clock.now() + 1))
    const both = [ask({ entry: 'e' }), ask()]
    flush()
    for (const { fillLease: lease } of await Promise.all(both)) expect(lease).toBeUndefined()
    expect(server.asked).toEqual(['read s e'])
  })

  it('costs nothing but itself when the server does not answer', async () => {
    server.set('s', Buffer.from('stamp'))
    server.failing.set('makeStamps', new RedisRefusal('BUSY because'))
    const found = ask({ entry: 'e' })
    flush()
    expect(await found).toEqual({ fence: ['stamp'], stored: undefined, stampWasMissing: false })
  })

  it('is taken by none on a full server: each loads', async () => {
    server.set('s', Buffer.from('stamp'))
    server.full = true
    for (let i = 0; i < 2; i++) {
      const found = ask({ entry: 'e' })
      flush()
      expect((await found).fillLease).not.toBe('taken')
    }
  })
})

describe('the permit', () => {
  it('is asked in the turn that sends, about the session that was named', async () => {
    server.set('s', Buffer.from('stamp'))
    const found = ask()
    expect(lease.asked).toEqual([])
    flush()
    await found
    expect(lease.asked).toHaveLength(1)
    expect(lease.asked[0]).toBe(session)
  })

  it('that has lapsed stops its own lookup alone', async () => {
    server.set('s', Buffer.from('stamp'))
    const lapsed = new Lease(new Error('no lease'))
    lapsed.left = 0
    const [refused, allowed] = [ask({ stamps: ['other'], permit: lapsed }), ask()]
    flush()
    await expect(refused).rejects.toThrow('no lease')
    expect(await allowed).toMatchObject({ fence: ['stamp'] })
    expect(server.asked).toEqual(['read s'])
  })

  it('without reads sends nothing', async () => {
    lease.left = 0
    const refused = ask()
    flush()
    await expect(refused).rejects.toThrow('lapsed')
    expect(server.asked).toEqual([])
    expect(breaker.deadlines).toEqual([])
  })

  it('is asked again before stamps are made', async () => {
    const lapsing = new Lease(new Error('no lease'))
    lapsing.left = 1
    const [refused, allowed] = [ask({ stamps: ['a'], permit: lapsing }), ask({ stamps: ['b'] })]
    flush()
    await expect(refused).rejects.toThrow('no lease')
    expect(await allowed).toMatchObject({ fence: ['token-1'] })
    expect(server.asked).toEqual(['read a b', 'makeStamps b'])
  })

  it('without reads makes no stamp', async () => {
    lease.left = 1
    const refused = ask()
    flush()
    await expect(refused).rejects.toThrow('lapsed')
    expect(server.asked).toEqual(['read s'])
    expect(breaker.deadlines).toHaveLength(1)
  })
})

describe('a failure', () => {
  it('is everybody’s who waits, as what it means to a reader', async () => {
    server.failing.set('read', new RedisRefusal('DEMOTED because'))
    const both = [ask(), ask({ stamps: ['other'] })]
    flush()
    for (const each of both) await expect(each).rejects.toMatchObject({ reason: 'unreachable' })
  })

  it('of our own making stays what it is', async () => {
    const bug = new TypeError('ours')
    server.failing.set('read', bug)
    const failed = ask()
    flush()
    await expect(failed).rejects.toBe(bug)
  })
})
