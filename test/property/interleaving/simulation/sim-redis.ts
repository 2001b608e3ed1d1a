import { RedisCommands, RedisRefusal } from '../../../../src/adapters/cache/redis-commands.ts'
import { CacheUnusable } from '../../../../src/application/consistency/ports/cache-port.ts'
import type { Host } from './host.ts'
import type { Network, Server } from './network.ts'
import type { Prng } from './prng.ts'
import type { Scheduler } from './scheduler.ts'

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
  #copy: Data = new Map()
  #incarnation = 0

  constructor(placement?: Placement) {
    this.#placement = placement
    this.master = this.#server(new Map(), 'replid 0')
  }

  #server(data: Data, replid: string): SimServer {
    return new SimServer(data, replid, this.#placement)
  }

  /** What a dump or a lagging replica holds from now on. */
  copy(): void {
    this.#copy = new Map(this.master.data)
    this.standby = this.#server(new Map(this.#copy), this.master.replid)
    this.standby.role = 'replica'
  }

  /** Stops and starts: with nothing, with an older dump, or with everything. */
  restart(from: 'nothing' | 'dump' | 'everything'): void {
    const data = from === 'nothing' ? new Map() : new Map(from === 'dump' ? this.#copy : this.master.data)
    const dead = this.master
    this.master = this.#server(data, this.#nextReplid())
    this.#dropAll(dead)
  }

  /** The lagging replica becomes the master. The old one is gone, or lives on as its replica. */
  failOver(old: 'dead' | 'demoted'): void {
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
    const keys = [...this.master.data.keys()]
    if (keys.length > 0) this.master.data.delete(random.pick(keys))
  }

  flush(): void {
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

interface Pipeline {
  readonly label: string
  readonly commands: (() => unknown)[]
  readonly replies: unknown[]
  failure?: unknown
  readonly resolve: (replies: readonly unknown[]) => void
  readonly reject: (error: unknown) => void
}

export interface RedisAccess {
  readonly redis: SimRedis
  /** What the network calls it. */
  readonly server: Server
  readonly scheduler: Scheduler
  readonly network: Network
  readonly random: Prng
}

/**
 * One connection, in the place of `MasterConnection`. Every pipeline is sent, executed command by command, and
 * answered, each in a step of its own; both ways are first in, first out. What has been sent may be executed although
 * the client has given up, has closed the connection, or is dead.
 */
export class SimConnection extends RedisCommands {
  readonly ended: Promise<void>
  readonly server: SimServer
  readonly #replid: string
  readonly #access: RedisAccess
  readonly #host: Host
  readonly #lane: string
  #sent: Pipeline[] = []
  #executed: Pipeline[] = []
  #cancelExecution: (() => void) | undefined
  #closed = false
  /** The server is dead, whether or not the client has noticed. */
  #serverGone = false
  #end!: () => void

  constructor(access: RedisAccess, host: Host, server: SimServer, number: number) {
    super()
    this.#access = access
    this.#host = host
    this.server = server
    this.#replid = server.replid
    this.#lane = `${access.server} for ${host.name}#${number}`
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
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
    const accepted = server.role === 'master'
    await scheduler.wait({ lane, label: `connected to the ${server.role} ${server.replid}`, host })
    if (!accepted || !connection.alive || !network.reaches(host, name)) {
      connection.close()
      throw new CacheUnusable('unreachable')
    }
    return connection
  }

  get alive(): boolean {
    return !this.#closed
  }

  async read(keys: readonly string[]): Promise<readonly (Buffer | null)[]> {
    const replies = await this.#send(`GET ${keys.join(' ')}`, [
      ...keys.map((key) => () => this.#get(key)),
      () => this.server.refuseDemoted(),
    ])
    return replies.slice(0, keys.length) as (Buffer | null)[]
  }

  async makeStamps(tokens: ReadonlyMap<string, string>): Promise<readonly (Buffer | null)[]> {
    const replies = await this.#send(`SET NX ${[...tokens].join(' ')}`, [
      ...[...tokens].map(([key, token]) => () => {
        this.server.refuseStrangers(key)
        this.server.refuseWrites()
        if (!this.server.full && !this.server.data.has(key)) this.server.data.set(key, Buffer.from(token))
      }),
      ...[...tokens.keys()].map((key) => () => this.#get(key)),
      () => this.server.refuseDemoted(),
    ])
    return replies.slice(tokens.size, 2 * tokens.size) as (Buffer | null)[]
  }

  async set(key: string, value: Buffer): Promise<void> {
    await this.#send(`SET ${key}`, [
      () => {
        this.server.refuseStrangers(key)
        this.server.refuseWrites()
        if (this.server.full) throw new RedisRefusal('OOM command not allowed')
        this.server.data.set(key, value)
      },
    ])
  }

  async deleteAndVerify(keys: readonly string[]): Promise<void> {
    await this.#send(`DEL ${keys.join(' ')}`, [
      ...keys.map((key) => () => {
        this.server.refuseStrangers(key)
        this.server.refuseWrites()
        this.server.data.delete(key)
      }),
      () => {
        if (this.server.role === 'master' && this.server.replid === this.#replid) return
        throw new RedisRefusal('DEMOTED The server is another master than it was')
      },
    ])
  }

  /** Production has no such command: for the variant whose stamps are counters. */
  async increment(keys: readonly string[]): Promise<void> {
    await this.#send(
      `INCR ${keys.join(' ')}`,
      keys.map((key) => () => {
        this.server.refuseStrangers(key)
        this.server.refuseWrites()
        const next = Number(this.server.data.get(key) ?? 0) + 1
        this.server.data.set(key, Buffer.from(String(next)))
      }),
    )
  }

  #get(key: string): Buffer | null {
    this.server.refuseStrangers(key)
    return this.server.data.get(key) ?? null
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const { reject } of [...this.#executed, ...this.#sent]) reject(new CacheUnusable('unreachable'))
    this.#end()
  }

  /** The server is gone: what it has not executed it never will, nor what is sent before the client notices. */
  dropped(): void {
    this.#serverGone = true
    this.#cancelExecution?.()
    this.#access.scheduler.add({
      lane: `${this.#host.name} ${this.#access.server}`,
      label: 'notices that its connection is gone',
      host: this.#host,
      run: () => this.close(),
    })
  }

  #send(label: string, commands: (() => unknown)[]): Promise<readonly unknown[]> {
    if (this.#closed) return Promise.reject(new CacheUnusable('unreachable'))
    return new Promise((resolve, reject) => {
      this.#sent.push({ label, commands, replies: [], resolve, reject })
      if (this.#sent.length === 1) this.#scheduleExecution()
    })
  }

  #scheduleExecution(): void {
    const [pipeline] = this.#sent
    if (pipeline === undefined || this.#serverGone) return
    this.#cancelExecution = this.#access.scheduler.add({
      lane: this.#lane,
      label: `executes ${pipeline.label}`,
      ready: () => this.#access.network.reaches(this.#host, this.#access.server),
      run: () => this.#execute(pipeline),
    })
  }

  #execute(pipeline: Pipeline): void {
    const atOnce = this.#access.random.chance(0.6)
    do {
      const command = pipeline.commands.shift()
      try {
        pipeline.replies.push(command?.())
      } catch (error) {
        pipeline.failure ??= error
      }
    } while (atOnce && pipeline.commands.length > 0)
    if (pipeline.commands.length === 0) {
      this.#sent.shift()
      this.#executed.push(pipeline)
      if (this.#executed.length === 1) this.#scheduleReply()
    }
    this.#scheduleExecution()
  }

  #scheduleReply(): void {
    const [pipeline] = this.#executed
    if (pipeline === undefined) return
    this.#access.scheduler.add({
      lane: `${this.#host.name} ${this.#access.server}`,
      label: `reply to ${pipeline.label}`,
      host: this.#host,
      ready: () => this.#access.network.reaches(this.#host, this.#access.server),
      run: () => {
        this.#executed.shift()
        this.#answer(pipeline)
        this.#scheduleReply()
      },
    })
  }

  #answer({ failure, replies, resolve, reject }: Pipeline): void {
    if (failure instanceof RedisRefusal && NO_LONGER_OURS.has(failure.code)) this.close()
    if (failure === undefined) resolve(replies)
    else reject(failure)
  }
}
