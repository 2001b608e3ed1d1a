import { Unavailable } from '../../../../src/application/consistency/ports/unavailable.ts'
import type { ReadStatus } from '../../../../src/application/consistency/reading.ts'
import type { Operation, Violation } from '../../checker.ts'
import { agreedViolations } from '../../linearizability.ts'
import type { Coverage } from './coverage.ts'
import type { Front } from './front.ts'
import { Host } from './host.ts'
import { Instance, LEASE_MS } from './instance.ts'
import { Network, type Server } from './network.ts'
import { SimOwnServer } from './own-cache.ts'
import { describeFault, type Fault, isOnCluster, ownOf, type Plan, type Request } from './plan.ts'
import type { Prng } from './prng.ts'
import { Scheduler } from './scheduler.ts'
import { NODES, SimCluster } from './sim-cluster.ts'
import { DatabaseLink, SimDatabase } from './sim-database.ts'
import { SimRedis } from './sim-redis.ts'
import { type Asked, type Steps, slotOf } from './steps.ts'

/** A schedule that is not over by then is cut short: every prefix of a history has to be right. */
const MOST_STEPS = 700

/** What a client has got of each view, for its next conditional request. */
type Held = Map<string, { readonly etag: string; readonly version: number | undefined }>

type Recorded = { -readonly [K in keyof Operation]: Operation[K] }

/** Everything there is: servers, network, processes and clients. Runs one plan in one order. */
export class World {
  readonly #plan: Plan
  readonly #coverage: Coverage
  readonly #front: Front
  readonly #random: Prng
  readonly #scheduler: Scheduler
  readonly #network: Network
  readonly #database: SimDatabase
  readonly #redis: SimRedis
  readonly #steps: Steps | undefined
  readonly #cluster: SimCluster | undefined
  readonly #own: SimOwnServer | undefined
  readonly #slots: { instance: Instance; died: Promise<'died'> }[] = []
  readonly #history: Recorded[] = []
  readonly #answeredAt = new Map<string, number>()
  #moments = 0
  #started = 0
  #clientsLeft: number

  /** `steps`: where to tell what the model has steps for. */
  constructor(plan: Plan, random: Prng, coverage: Coverage, front: Front, trace?: string[], steps?: Steps) {
    const { mode, tickChance, lossChance } = plan
    this.#plan = plan
    this.#coverage = coverage
    this.#front = front
    this.#random = random
    this.#scheduler = new Scheduler(random, { mode, tickChance, ...(trace && { trace }) })
    this.#network = new Network(random, lossChance)
    this.#steps = steps
    if (steps !== undefined) steps.now = () => this.#scheduler.time
    this.#redis = new SimRedis(undefined, steps)
    this.#database = new SimDatabase(steps)
    this.#clientsLeft = plan.clients.length
    this.#cluster = isOnCluster(plan.options) ? new SimCluster() : undefined
    const own = ownOf(plan.options)?.server
    this.#own = own && new SimOwnServer(own)
  }

  async run(): Promise<Violation[]> {
    for (const slot of this.#plan.hosts.keys()) this.#boot(slot)
    for (const fault of this.#plan.faults) this.#scheduleFault(fault)
    for (const [number, requests] of this.#plan.clients.entries()) void this.#client(number, requests)
    await settle()
    while (this.#clientsLeft > 0 && this.#scheduler.count < MOST_STEPS && this.#scheduler.step()) {
      await settle()
    }
    this.#coverage.schedules += 1
    this.#coverage.steps += this.#scheduler.count
    // A write learns its version as its COMMIT is sent; one without was never sent, and made nothing.
    return agreedViolations(
      this.#history.filter(({ kind, version }) => kind === 'read' || version !== undefined),
    )
  }

  #boot(slot: number): void {
    const clock = this.#plan.hosts[slot]
    if (clock === undefined) throw new RangeError(`There is no slot ${slot}`)
    this.#started += 1
    const host = new Host(
      `I${slot}${this.#slots[slot] === undefined ? '' : `.${this.#started}`}`,
      this.#scheduler,
      clock,
    )
    const access = {
      redis: this.#redis,
      steps: this.#steps,
      server: 'redis' as const,
      cluster: this.#cluster,
      own: this.#own,
      scheduler: this.#scheduler,
      network: this.#network,
      random: this.#random,
    }
    const link = new DatabaseLink(
      this.#database,
      this.#scheduler,
      this.#network,
      this.#random,
      host,
      this.#steps,
    )
    const { cache, odd } = this.#plan.options
    const options = { cache: slot === 0 && odd !== undefined ? odd : cache }
    const instance = new Instance(host, link, access, options, this.#front, {
      wrote: ({ confirmation }) => this.#coverage.wrote(confirmation),
      loaded: () => undefined,
    })
    const died = new Promise<'died'>((resolve) => host.onDeath(() => resolve('died')))
    this.#slots[slot] = { instance, died }
    host.onDeath(() => this.#steps?.note({ step: 'instance: killed, and started again', slot: slotOf(host) }))
    void (this.#steps === undefined ? instance.start() : this.#steps.boot(slot, () => instance.start()))
  }

  #at(slot: number) {
    const found = this.#slots[slot]
    if (found === undefined) throw new RangeError(`There is no slot ${slot}`)
    return found
  }

  async #client(number: number, requests: readonly Request[]): Promise<void> {
    const has: Held = new Map()
    for (const request of requests) {
      const from = this.#scheduler.time + request.thinkMs
      await this.#scheduler.wait({
        lane: `client ${number}`,
        label: `${request.kind} ${request.view} at I${request.slot}`,
        ready: () =>
          this.#scheduler.count >= this.#plan.startsAt &&
          this.#scheduler.time >= from &&
          this.#at(request.slot).instance.host.runs,
        dueAt: () => from,
      })
      await this.#perform(number, request, has)
    }
    this.#clientsLeft -= 1
  }

  async #perform(number: number, { kind, view, slot }: Request, has: Held): Promise<void> {
    const { instance, died } = this.#at(slot)
    const operation: Recorded = {
      kind,
      view,
      version: undefined,
      invokedAt: this.#moment(),
      answeredAt: undefined,
      ok: false,
    }
    this.#history.push(operation)
    const asked: Asked = { view, slot }
    if (kind === 'read') this.#steps?.note({ step: 'read: begins', asked })
    const perform = () =>
      kind === 'read' ? this.#read(instance, operation, has, asked) : this.#write(instance, operation, asked)
    const attempt = this.#steps === undefined ? perform() : this.#steps.for(asked, perform)
    const outcome = await Promise.race([attempt, died])
    this.#scheduler.note(`client ${number}: ${kind} ${view} at ${instance.host.name} → ${outcome}`)
  }

  async #read(instance: Instance, operation: Recorded, has: Held, asked: Asked): Promise<string> {
    const { view } = operation
    const soon =
      this.#scheduler.time - (this.#answeredAt.get(view) ?? Number.NEGATIVE_INFINITY) < 2 * LEASE_MS
    try {
      const held = has.get(view)
      const { etag, version, status } = await instance.read(view, held?.etag)
      if (version === undefined && held === undefined) throw new RangeError('A 304 to who has nothing')
      operation.answeredAt = this.#moment()
      operation.ok = true
      operation.version = version ?? held?.version
      operation.unverified = status.kind === 'unverified'
      has.set(view, { etag, version: operation.version })
      this.#tell(asked, status.kind, operation.version ?? 0)
      this.#coverage.read(status, soon, version === undefined)
      const how = Object.values(status).slice(0, 2).join(' ')
      return `version ${operation.version} (${version === undefined ? '304, ' : ''}${how})`
    } catch (error) {
      return this.#failed(operation, error)
    }
  }

  /** How a read was answered, as far as that is a step of the model. */
  #tell(asked: Asked, how: ReadStatus['kind'], version: number): void {
    const { look } = asked
    if (how === 'hit') {
      if (look !== undefined) look.served = version
      this.#steps?.note({ step: 'read: answered from the cache', asked })
    }
    if (how === 'bypass') {
      asked.past = { version }
      this.#steps?.note({ step: 'read: answered without the cache', asked })
    }
    if (how === 'miss') this.#steps?.note({ step: 'read: answered by a load', asked, version })
  }

  async #write(instance: Instance, operation: Recorded, asked: Asked): Promise<string> {
    try {
      await instance.write(operation.view, (version) => {
        operation.version = version
      })
      operation.answeredAt = this.#moment()
      operation.ok = true
      if (asked.write !== undefined) this.#steps?.note({ step: 'write: answered', write: asked.write })
      this.#answeredAt.set(operation.view, this.#scheduler.time)
      return `answered, version ${operation.version}`
    } catch (error) {
      return this.#failed(operation, error)
    }
  }

  #failed(operation: Recorded, error: unknown): string {
    if (!(error instanceof Unavailable)) throw error
    operation.answeredAt = this.#moment()
    this.#coverage.failed += 1
    return `failed: ${error.message}`
  }

  #moment(): number {
    this.#moments += 1
    return this.#moments
  }

  #scheduleFault(fault: Fault): void {
    this.#fault(fault.from, `begins: ${describeFault(fault)}`, () => {
      const end = this.#inflict(fault)
      if (end !== undefined) this.#fault(fault.until, `ends: ${describeFault(fault)}`, end)
    })
    const older = fault.kind === 'fail-over' || (fault.kind === 'restart' && fault.data === 'dump')
    if (older)
      this.#fault(fault.from - 5 - this.#random.below(80), 'from here on the copy lags', () =>
        this.#serverOf(fault).copy(),
      )
  }

  #fault(step: number, label: string, run: () => void): void {
    this.#scheduler.add({
      lane: `fault of step ${Math.floor(step)}`,
      label,
      ready: () => this.#scheduler.count >= step,
      run,
    })
  }

  #serverOf(fault: Fault): SimRedis | SimOwnServer {
    return this.#own ?? this.#redisOf(fault)
  }

  /** In a cluster, one node or the other. */
  #redisOf({ from }: Fault): SimRedis {
    return this.#cluster?.shards[Math.floor(from) % NODES.length] ?? this.#redis
  }

  /** Redis is cut off as a whole, or one node of a cluster. */
  #serversOf({ from }: Fault, server: Server): readonly Server[] {
    if (server !== 'redis' || this.#cluster === undefined) return [server]
    const node = NODES[Math.floor(from) % (NODES.length + 1)]
    return node === undefined ? NODES : [node]
  }

  /** Returns what ends it, where it has an end. */
  #inflict(fault: Fault): (() => void) | undefined {
    this.#coverage.fault(fault.kind)
    switch (fault.kind) {
      case 'kill': {
        const { host } = this.#at(fault.slot).instance
        if (!host.alive) return undefined
        host.kill()
        return () => this.#boot(fault.slot)
      }
      case 'leave': {
        const { instance } = this.#at(fault.slot)
        if (!instance.host.runs) return undefined
        void instance.leave()
        return () => {
          if (instance.host.alive) {
            instance.host.kill()
            this.#boot(fault.slot)
          }
        }
      }
      case 'suspend': {
        const { host } = this.#at(fault.slot).instance
        host.suspend()
        return () => host.resume()
      }
      case 'cut': {
        const { host } = this.#at(fault.slot).instance
        const servers = this.#serversOf(fault, fault.server)
        for (const server of servers) this.#network.cut(host, server)
        return () => {
          for (const server of servers) this.#network.heal(host, server)
        }
      }
      case 'reset': {
        const { instance } = this.#at(fault.slot)
        if (instance.host.runs) instance.cache.reset()
        return undefined
      }
      case 'evict':
        this.#serverOf(fault).evict(this.#random)
        return undefined
      case 'flush':
        this.#serverOf(fault).flush()
        return undefined
      case 'fill': {
        const server = this.#redisOf(fault).master
        server.full = true
        return () => {
          server.full = false
        }
      }
      case 'restart':
        this.#serverOf(fault).restart(fault.data)
        return undefined
      case 'fail-over':
        this.#redisOf(fault).failOver(fault.old)
        return undefined
      case 'move':
        return this.#cluster?.move(this.#random)
      case 'sweep':
        this.#database.sweep()
        return () => this.#database.sweep()
      case 'retire':
        this.#database.retireOne(this.#random)
        return undefined
      case 'crash':
        this.#steps?.note({ step: 'PostgreSQL: crashes, and gives numbers out again' })
        this.#database.crash()
        return undefined
    }
  }
}

/** Lets every continuation run that can. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
