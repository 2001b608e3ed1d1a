import { EventEmitter } from 'node:events'
import { type Redis, ReplyError } from 'ioredis'
import { beforeEach, describe, expect, it } from 'vitest'
import { MasterConnection } from '../../../src/adapters/cache/master-connection.ts'
import { RedisRefusal } from '../../../src/adapters/cache/redis-commands.ts'
import { CacheUnusable } from '../../../src/application/consistency/ports/cache-port.ts'
import { GRACE_MS, longestLifeMs } from '../../../src/application/consistency/representation.ts'
import { LONGEST_TTL_S } from '../../../src/application/use-cases.ts'

type Reply = readonly [error: Error | null, reply: unknown]

/** As much of a client as the connection uses, with a server behind it that says what the test wants. */
class FakeClient extends EventEmitter {
  readonly commands: string[] = []
  readonly values = new Map<string, Buffer>()
  status = 'ready'
  readonly options: { readonly db?: number } = {}
  role = 'master'
  replid = 'abc'
  /** What the next SET is refused with. */
  refusal: Error | undefined
  /** What the connection fails with. */
  failure: Error | undefined
  /** Holds the connection back while it is set. */
  held: Promise<void> | undefined
  /** What `INFO replication` says instead of the usual. */
  replication: string | undefined
  disconnects = 0

  async connect(): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    await this.held
  }

  get disconnected(): boolean {
    return this.disconnects > 0
  }

  disconnect(): void {
    this.disconnects += 1
  }

  async set(...args: readonly unknown[]): Promise<void> {
    this.commands.push(['set', ...args].join(' '))
    if (this.refusal !== undefined) throw this.refusal
  }

  pipeline() {
    const replies: Reply[] = []
    const say = (command: string, reply: unknown, error: Error | null = null) => {
      this.commands.push(command)
      replies.push([error, reply])
      return pipeline
    }
    const get = (key: string) => this.values.get(key) ?? null
    const pipeline = {
      ping: () => say('ping', 'PONG'),
      role: () => say('role', [this.role]),
      info: (section: string) =>
        say(`info ${section}`, this.replication ?? `role:${this.role}\r\nmaster_replid:${this.replid}\r\n`),
      mgetBuffer: (keys: readonly string[]) => say(`mget ${keys.join(' ')}`, keys.map(get)),
      getBuffer: (key: string) => say(`get ${key}`, get(key)),
      set: (...args: readonly unknown[]) =>
        say(`set ${args.join(' ')}`, this.values.has(String(args[0])) ? null : 'OK', this.refusal),
      del: (...keys: readonly string[]) => say(`del ${keys.length}`, keys.length),
      exec: async () => {
        if (this.failure !== undefined) throw this.failure
        return replies
      },
    }
    return pipeline
  }
}

let client: FakeClient

beforeEach(() => {
  client = new FakeClient()
})

async function open(spansSlots = false): Promise<MasterConnection> {
  const { signal } = new AbortController()
  const connection = await MasterConnection.open(client as unknown as Redis, spansSlots, signal)
  client.commands.length = 0
  return connection
}

const replyError = (message: string): Error => Object.assign(new ReplyError(message), { message })

describe('opening', () => {
  it('asks whether the server has loaded its data and is a master', async () => {
    const { signal } = new AbortController()
    await MasterConnection.open(client as unknown as Redis, false, signal)
    expect(client.commands).toEqual(['ping', 'role', 'info replication', 'info cluster'])
  })

  it('to a replica is refused, and leaves nothing open', async () => {
    client.role = 'slave'
    await expect(open()).rejects.toMatchObject({ code: 'DEMOTED' })
    expect(client.disconnected).toBe(true)
  })

  it('that fails tells why, as it was said, and leaves nothing open', async () => {
    client.failure = new Error('connect ECONNREFUSED')
    await expect(open()).rejects.toBe(client.failure)
    expect(client.disconnected).toBe(true)
  })
})

describe('giving up', () => {
  it('while it connects ends the client', async () => {
    client.held = new Promise(() => {})
    const giveUp = new AbortController()
    void MasterConnection.open(client as unknown as Redis, false, giveUp.signal)
    expect(client.disconnected).toBe(false)
    giveUp.abort()
    expect(client.disconnected).toBe(true)
  })

  it.each([
    ['open', undefined],
    ['refused', new Error('connect ECONNREFUSED')],
  ])('is nothing that a connection would hear of once it is %s', async (_, failure) => {
    if (failure !== undefined) client.failure = failure
    const giveUp = new AbortController()
    await MasterConnection.open(client as unknown as Redis, false, giveUp.signal).catch(() => {})
    const before = client.disconnects
    giveUp.abort()
    expect(client.disconnects).toBe(before)
  })
})

describe('what a server says of its replication', () => {
  it.each([
    ['role:master\r\nmaster_replid:abc\r\n', true],
    ['role:master\nmaster_replid:abc\n', true],
    ['role:slave\r\nmaster_replid:abc\r\n', false],
    ['a_role:master\r\nmaster_replid:abc\r\n', false],
    ['role:masters\r\nmaster_replid:abc\r\n', false],
    ['role:master\r\n', false],
    ['role:master\r\na_master_replid:abc\r\n', false],
  ])('%j: a master is it, with an id: %j', async (replication, accepted) => {
    client.replication = replication
    if (accepted) expect((await open()).alive).toBe(true)
    else await expect(open()).rejects.toMatchObject({ code: 'DEMOTED' })
  })
})

describe('a master', () => {
  it('is asked for its role after the values, in one pipeline', async () => {
    const connection = await open()
    client.values.set('b', Buffer.from('2'))
    expect((await connection.read(['a', 'b'])).map((value) => value?.toString())).toEqual([undefined, '2'])
    expect(client.commands).toEqual(['mget a b', 'role'])
  })

  it('of a cluster is asked for each key apart, since one command may not span slots', async () => {
    const connection = await open(true)
    client.values.set('b', Buffer.from('2'))
    expect((await connection.read(['a', 'b'])).map((value) => value?.toString())).toEqual([undefined, '2'])
    await connection.deleteAndVerify(['a', 'b'], 'absent')
    expect(client.commands).toEqual(['get a', 'get b', 'role', 'del 1', 'del 1', 'info replication'])
  })

  it('makes stamps that are missing for six hours, and reads them back', async () => {
    const connection = await open()
    client.values.set('s', Buffer.from('theirs'))
    const { stamps } = await connection.makeStamps(new Map([['s', 'ours']]), [])
    expect(stamps.map(String)).toEqual(['theirs'])
    expect(client.commands).toEqual(['set s ours PX 21600000 NX', 'mget s', 'role'])
  })

  it('takes fill leases for half a second in the same round trip, and tells which another has', async () => {
    const connection = await open()
    client.values.set('theirs', Buffer.from(''))
    client.values.set('s', Buffer.from('there'))
    const { stamps, taken } = await connection.makeStamps(new Map([['s', 'new']]), ['ours', 'theirs'])
    expect([stamps.map(String), [...taken]]).toEqual([['there'], ['theirs']])
    expect(client.commands).toEqual([
      'set ours  PX 500 NX',
      'set theirs  PX 500 NX',
      'set s new PX 21600000 NX',
      'mget s',
      'role',
    ])
  })

  it('takes fill leases without any stamp to be made', async () => {
    const connection = await open()
    expect(await connection.makeStamps(new Map(), ['ours'])).toEqual({ stamps: [], taken: new Set() })
    expect(client.commands).toEqual(['set ours  PX 500 NX', 'role'])
  })

  it('makes stamps that outlive every entry several times over', async () => {
    const connection = await open()
    await connection.makeStamps(new Map([['s', 'ours']]), [])
    const livesMs = Number(/PX (\d+) NX/.exec(client.commands[0]!)![1])
    expect(livesMs).toBeGreaterThan(3 * (longestLifeMs(LONGEST_TTL_S) + GRACE_MS))
  })

  it('that is full tells by the read whether there is a stamp', async () => {
    const connection = await open()
    client.refusal = replyError('OOM command not allowed')
    expect(await connection.makeStamps(new Map([['s', 'ours']]), ['l'])).toEqual({
      stamps: [null],
      taken: new Set(),
    })
    expect(connection.alive).toBe(true)
  })

  it.each([
    [0.2, 1],
    [1500.9, 1500],
  ])('keeps a value for %f ms as %i', async (keepMs, kept) => {
    const connection = await open()
    await connection.set('k', Buffer.from('v'), keepMs)
    expect(client.commands).toEqual([`set k v PX ${kept}`])
  })

  it('deletes five hundred keys at a time', async () => {
    const connection = await open()
    await connection.deleteAndVerify(
      Array.from({ length: 501 }, (_, i) => `k${i}`),
      'absent',
    )
    expect(client.commands).toEqual(['del 500', 'del 1', 'info replication'])
  })

  it('has to delete also where there is nothing to delete, to show that it takes writes', async () => {
    const connection = await open()
    await connection.deleteAndVerify([], 'absent')
    expect(client.commands).toEqual(['del 1', 'info replication'])
  })

  it('of a cluster is asked to delete only what is in its slots', async () => {
    const connection = await open(true)
    await connection.deleteAndVerify([], 'absent')
    expect(client.commands).toEqual(['info replication'])
  })
})

describe('the connection ends', () => {
  it.each([
    [
      'a read finds a replica',
      () => Object.assign(client, { role: 'slave' }),
      (c: MasterConnection) => c.read(['a']),
    ],
    [
      'a stamp is made on a replica',
      () => Object.assign(client, { role: 'slave' }),
      (c: MasterConnection) => c.makeStamps(new Map([['a', 't']]), []),
    ],
    [
      'a delete finds another master',
      () => Object.assign(client, { replid: 'abd' }),
      (c: MasterConnection) => c.deleteAndVerify(['a'], 'absent'),
    ],
    [
      'a delete finds a replica',
      () => Object.assign(client, { role: 'slave' }),
      (c: MasterConnection) => c.deleteAndVerify(['a'], 'absent'),
    ],
  ])('when %s', async (_, demote, command) => {
    const connection = await open()
    demote()
    await expect(command(connection)).rejects.toMatchObject({ code: 'DEMOTED' })
    expect(connection.alive).toBe(false)
    await connection.ended
    expect(client.disconnected).toBe(true)
  })

  it.each(['READONLY', 'MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN', 'MASTERDOWN'])(
    'when the answer is %s',
    async (code) => {
      const connection = await open()
      client.refusal = replyError(`${code} because`)
      const refused = connection.set('k', Buffer.from('v'), 10)
      await expect(refused).rejects.toBeInstanceOf(RedisRefusal)
      await expect(refused).rejects.toMatchObject({ code })
      expect(connection.alive).toBe(false)
    },
  )

  it('when a stamp is refused for anything but memory', async () => {
    const connection = await open()
    client.refusal = replyError('READONLY because')
    await expect(connection.makeStamps(new Map([['a', 't']]), [])).rejects.toMatchObject({ code: 'READONLY' })
    expect(connection.alive).toBe(false)
  })

  it('when the client ends', async () => {
    const connection = await open()
    client.emit('end')
    await connection.ended
    expect(connection.alive).toBe(false)
  })

  it('once, however often it is closed', async () => {
    const connection = await open()
    connection.close()
    connection.close()
    expect(client.disconnects).toBe(1)
  })

  it('in effect as soon as its client is not ready any more', async () => {
    const connection = await open()
    expect(connection.alive).toBe(true)
    client.status = 'close'
    expect(connection.alive).toBe(false)
  })
})

describe('the connection stays', () => {
  it('when a full server refuses a value', async () => {
    const connection = await open()
    client.refusal = replyError('OOM command not allowed')
    await expect(connection.set('k', Buffer.from('v'), 10)).rejects.toMatchObject({ code: 'OOM' })
    expect(connection.alive).toBe(true)
  })

  it('when a command fails on the way, for its client to end it', async () => {
    const connection = await open()
    client.failure = new Error('Connection is closed.')
    const failed = connection.read(['a'])
    await expect(failed).rejects.toBeInstanceOf(CacheUnusable)
    await expect(failed).rejects.toMatchObject({ reason: 'unreachable' })
    expect(connection.alive).toBe(true)
  })

  it('when the mistake is ours, which is told as it is', async () => {
    const connection = await open()
    client.failure = new TypeError('a bug')
    await expect(connection.read(['a'])).rejects.toBe(client.failure)
  })
})
