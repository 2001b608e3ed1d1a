import {
  FILL_LEASE_MS,
  RedisCommands,
  RedisRefusal,
  type StampsMade,
} from '../../../../src/adapters/cache/redis-commands.ts'
import { CacheUnusable } from '../../../../src/application/consistency/ports/cache-port.ts'
import type { Host } from './host.ts'
import type { Prng } from './prng.ts'
import { type CacheAccess, SimPipe } from './sim-pipe.ts'
import { type Look, type Made, Pending, type Sent, type Steps, slotOf, storedIn } from './steps.ts'

type Data = Map<string, Buffer>

/** Which keys a cluster's node answers for. @throws RedisRefusal `MOVED`, or `ASK` while a slot is on its way. */
export type Placement = (key: string, present: boolean) => void

/** One Redis process. */
export class SimServer {
  data: Data
  role: 'master' | 'replica' = 'master'
  replid: string
  full = false
  readonly #placement: Placement | undefined

  constructor(data: Data, replid: string, placement?: Placement) {
    this.data = data
    this.replid = replid
    this.#placement = placement
  }

  /** Alone it answers for every key; in a cluster, a replica for none. */
  refuseStrangers(key: string): void {
    if (this.#placement === undefined) return
    if (this.role !== 'master') throw new RedisRefusal('MOVED to the master')
    this.#placement(key, this.data.has(key))
  }

  refuseWrites(): void {
    if (this.role !== 'master')
      throw new RedisRefusal('READONLY You can’t write against a read only replica.')
  }

  /** What the adapter makes of a ROLE that is not `master`. */
  refuseDemoted(): void {
    if (this.role !== 'master') throw new RedisRefusal('DEMOTED The server is no longer a master')
  }
}

/** What can happen to the Redis behind an address. */
export class SimRedis {
  master: SimServer
  /** A replica that answers at the same address now and then, before its promotion. */
  standby: SimServer | undefined
  readonly #connections = new Set<SimConnection>()
  readonly #placement: Placement | undefined
  readonly #steps: Steps | undefined
  #copy: Data = new Map()
  #incarnation = 0

  constructor(placement?: Placement, steps?: Steps) {
    this.#steps = steps
    this.#placement = placement
    this.master = this.#server(new Map(), 'replid 0')
  }

  #server(data: Data, replid: string): SimServer {
    return new SimServer(data, replid, this.#placement)
  }

  /** What a dump or a lagging replica holds from now on. */
  copy(): void {
    this.#steps?.note({ step: 'Redis: is copied' })
    this.#copy = new Map(this.master.data)
    this.standby = this.#server(new Map(this.#copy), this.master.replid)
    this.standby.role = 'replica'
  }

  /** Stops and starts: with nothing, with an older dump, or with everything. */
  restart(from: 'nothing' | 'dump' | 'everything'): void {
    if (from === 'nothing') this.#steps?.note({ step: 'Redis: loses everything' })
    this.#steps?.note({ step: 'Redis: comes back', with: from === 'dump' ? 'a copy' : 'what it had' })
    const data = from === 'nothing' ? new Map() : new Map(from === 'dump' ? this.#copy : this.master.data)
    const dead = this.master
    this.master = this.#server(data, this.#nextReplid())
    this.#dropAll(dead)
  }

  /** The lagging replica becomes the master. The old one is gone, or lives on as its replica. */
  failOver(old: 'dead' | 'demoted'): void {
    this.#steps?.note({ step: 'Redis: comes back', with: 'a copy' })
    const before = this.master
    this.master = this.standby ?? this.#server(new Map(this.#copy), '')
    this.standby = undefined
    this.master.role = 'master'
    this.master.replid = this.#nextReplid()
    if (old === 'dead') {
      this.#dropAll(before)
      return
    }
    before.role = 'replica'
    before.data = this.master.data
    before.replid = this.master.replid
  }

  evict(random: Prng): void {
    const isLease = (key: string) => key.startsWith('fill:')
    const all = [...this.master.data.keys()]
    for (const key of all.filter(isLease)) this.master.data.delete(key)
    const keys = all.filter((key) => !isLease(key))
    if (keys.length === 0) return
    const key = random.pick(keys)
    this.#steps?.note({ step: 'Redis: loses a key', key })
    this.master.data.delete(key)
  }

  flush(): void {
    this.#steps?.note({ step: 'Redis: loses everything' })
    this.master.data.clear()
  }

  attach(connection: SimConnection): void {
    this.#connections.add(connection)
  }

  #nextReplid(): string {
    this.#incarnation += 1
    return `replid ${this.#incarnation}`
  }

  #dropAll(server: SimServer): void {
    for (const connection of this.#connections) {
      if (connection.server !== server) continue
      connection.dropped()
      this.#connections.delete(connection)
    }
  }
}

/** The answers after which `MasterConnection` gives its connection up. */
const NO_LONGER_OURS = new Set(['READONLY', 'DEMOTED', 'MOVED', 'ASK'])

export interface RedisAccess extends CacheAccess {
  readonly redis: SimRedis
  readonly steps?: Steps | undefined
}

/** One connection, in the place of `MasterConnection`. */
export class SimConnection extends RedisCommands {
  readonly server: SimServer
  readonly pending = new Pending()
  readonly #access: RedisAccess
  readonly #slot: number
  readonly #replid: string
  readonly #pipe: SimPipe

  constructor(access: RedisAccess, host: Host, server: SimServer, number: number) {
    super()
    this.#access = access
    this.#slot = slotOf(host)
    this.server = server
    this.#replid = server.replid
    this.#pipe = new SimPipe(
      access,
      host,
      number,
      (failure) => failure instanceof RedisRefusal && NO_LONGER_OURS.has(failure.code),
    )
  }

  /** Connects, and asks for the role. */
  static async open(access: RedisAccess, host: Host, number: number): Promise<SimConnection> {
    const { network, random, redis, scheduler, server: name } = access
    const lane = `${host.name} ${name === 'redis' ? '' : `${name} `}connect`
    await scheduler.wait({ lane, label: 'connect', host })
    if (!network.reaches(host, name)) throw new CacheUnusable('unreachable')
    const server = redis.standby !== undefined && random.chance(0.2) ? redis.standby : redis.master
    const connection = new SimConnection(access, host, server, number)
    redis.attach(connection)
    const slot = slotOf(host)
    const made = access.steps?.note<Made>({ step: 'session: made, with a master', slot, accepted: false })
    const accepted = server.role === 'master'
    await scheduler.wait({ lane, label: `connected to the ${server.role} ${server.replid}`, host })
    if (!accepted || !connection.alive || !network.reaches(host, name)) {
      connection.close()
      throw new CacheUnusable('unreachable')
    }
    if (made !== undefined) {
      made.accepted = true
      void connection.ended.then(() => access.steps?.note({ step: 'session: lost', slot }))
    }
    return connection
  }

  get alive(): boolean {
    return this.#pipe.alive
  }

  get ended(): Promise<void> {
    return this.#pipe.ended
  }

  close(): void {
    this.#pipe.close()
  }

  dropped(): void {
    this.#pipe.dropped()
  }

  async read(keys: readonly string[]): Promise<readonly (Buffer | null)[]> {
    const sent: Sent = { ok: false }
    const looks = this.#sends()
    const replies = await this.#pipe.send(`GET ${keys.join(' ')}`, [
      ...keys.map((key) => () => {
        const value = this.#get(key)
        this.#steps?.note({ step: 'read: GET', key, value, looks, sent })
        return value
      }),
      () => this.server.refuseDemoted(),
    ])
    sent.ok = true
    return replies.slice(0, keys.length) as (Buffer | null)[]
  }

  async makeStamps(tokens: ReadonlyMap<string, string>, leases: Iterable<string>): Promise<StampsMade> {
    const names = [...leases]
    const sent: Sent = { ok: false }
    const looks = this.pending.taken(this.#access.scheduler.count)
    const replies = await this.#pipe.send(`SET NX ${[...tokens].join(' ')}, ${names.length} leases`, [
      ...names.map((name) => () => this.#lease(name)),
      ...[...tokens].map(([key, token]) => () => {
        this.server.refuseStrangers(key)
        this.server.refuseWrites()
        if (this.server.full) return
        const made = !this.server.data.has(key)
        this.#steps?.note({ step: 'read: SET NX', key, token, made, looks })
        if (made) this.server.data.set(key, Buffer.from(token))
      }),
      ...[...tokens.keys()].map((key) => () => {
        const value = this.#get(key)
        this.#steps?.note({ step: 'read: GET after SET NX', key, value, looks, sent })
        return value
      }),
      () => this.server.refuseDemoted(),
    ])
    sent.ok = true
    return {
      stamps: replies.slice(names.length + tokens.size, names.length + 2 * tokens.size) as (Buffer | null)[],
      taken: new Set(names.filter((_, i) => replies[i] === null)),
    }
  }

  /** `SET NX PX` of a fill lease: its value is its end. */
  #lease(name: string): 'OK' | null | undefined {
    this.server.refuseStrangers(name)
    this.server.refuseWrites()
    const now = this.#access.scheduler.time
    if (Number(this.server.data.get(name) ?? 0) > now) return null
    if (this.server.full) return undefined
    this.server.data.set(name, Buffer.from(String(now + FILL_LEASE_MS)))
    return 'OK'
  }

  async set(key: string, value: Buffer): Promise<void> {
    const what = this.#steps && { look: this.#steps.asked?.look, key, stored: storedIn(value) }
    if (this.alive && what) this.#steps?.note({ step: 'read: SET of the entry is sent', ...what })
    await this.#pipe.send(`SET ${key}`, [
      () => {
        this.server.refuseStrangers(key)
        this.server.refuseWrites()
        if (this.server.full) throw new RedisRefusal('OOM command not allowed')
        if (what) this.#steps?.note({ step: 'read: Redis stores the entry', ...what })
        this.server.data.set(key, value)
      },
    ])
  }

  async deleteAndVerify(keys: readonly string[]): Promise<void> {
    const slot = this.#slot
    const { deletion = { confirmed: false } } = this.pending
    await this.#pipe.send(`DEL ${keys.join(' ')}`, [
      ...keys.map((key) => () => {
        this.server.refuseStrangers(key)
        this.server.refuseWrites()
        this.#steps?.note({ step: 'drain: a stamp is deleted', slot, key, deletion })
        this.server.data.delete(key)
      }),
      () => {
        this.#steps?.note({ step: 'drain: the master is verified', slot, keys, deletion })
        if (this.server.role === 'master' && this.server.replid === this.#replid) return
        throw new RedisRefusal('DEMOTED The server is another master than it was')
      },
    ])
  }

  /** Production has no such command: for the variant whose stamps are counters. */
  async increment(keys: readonly string[]): Promise<void> {
    await this.#pipe.send(
      `INCR ${keys.join(' ')}`,
      keys.map((key) => () => {
        this.server.refuseStrangers(key)
        this.server.refuseWrites()
        const next = Number(this.server.data.get(key) ?? 0) + 1
        this.server.data.set(key, Buffer.from(String(next)))
      }),
    )
  }

  get #steps(): Steps | undefined {
    return this.#access.steps
  }

  /** The lookups that this very command is for. */
  #sends(): readonly Look[] {
    const looks = this.pending.taken(this.#access.scheduler.count)
    if (this.alive && looks.length > 0) this.#steps?.note({ step: 'read: lookup is sent', looks })
    return looks
  }

  #get(key: string): Buffer | null {
    this.server.refuseStrangers(key)
    return this.server.data.get(key) ?? null
  }
}
