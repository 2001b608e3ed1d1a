import {
  type CacheSession,
  type Fence,
  type FillLease,
  type Permit,
  sameFence,
} from '../../application/consistency/ports/cache-port.ts'
import type { Clock } from '../../application/consistency/ports/clock.ts'
import type { Random } from '../../application/consistency/ports/random.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { StoredEntry } from './entry-format.ts'
import { decodeEntry } from './entry-format.ts'
import { type RedisCommands, RedisRefusal, type StampsMade, unusable } from './redis-commands.ts'

/** What one lookup wants to know. Names are Redis's, not tags and keys. */
export interface Question {
  readonly stamps: readonly string[]
  readonly entry: string | undefined
  /** The name of the lease to load what is not found under these stamps. */
  readonly fillLease: (fence: Fence) => string
  readonly permit: Permit
  /** Whom the permit is asked about: the session that the core trusts, which may wrap the one that sends. */
  readonly session: CacheSession
}

/** Everything here was asked for after its question was put. */
export interface Observation {
  readonly fence: Fence
  /** What is stored under the entry's name. Whether it may be served is for the fence to say. */
  readonly stored: StoredEntry | undefined
  /**
   * A stamp was missing, so that nothing older can be a hit, whatever the fence says: a stamp that was deleted can be
   * read back where a lagging replica's copy takes the server over between the two round trips.
   */
  readonly stampWasMissing: boolean
  /** Where a stamp was missing, or the entry was asked for and is not there, not current, or past its time. */
  readonly fillLease?: FillLease | 'taken'
}

const NO_STAMP = 'OOM A stamp could not be made: the server is full, or evicted it at once'

interface Waiting extends Question {
  readonly resolve: (observation: Observation) => void
  readonly reject: (error: unknown) => void
}

/** Puts `flush` off until every lookup of this turn of the event loop has been put. */
export type Defer = (flush: () => void) => void

/**
 * Collects the lookups of one turn of the event loop, and answers all of them by one round trip. Stamps that are
 * missing are made and read back by a second one, which holds up no read that does not need it. It takes fill leases,
 * too: under the stamps that it proposes, so that the instance whose stamps they become has the lease in the same trip.
 */
export class StampBatch {
  readonly #commands: RedisCommands
  readonly #breaker: CircuitBreaker
  readonly #clock: Clock
  readonly #random: Random
  readonly #timeoutMs: number
  readonly #defer: Defer
  #waiting: Waiting[] = []

  constructor(
    commands: RedisCommands,
    breaker: CircuitBreaker,
    clock: Clock,
    random: Random,
    timeoutMs: number,
    defer: Defer = setImmediate,
  ) {
    this.#commands = commands
    this.#breaker = breaker
    this.#clock = clock
    this.#random = random
    this.#timeoutMs = timeoutMs
    this.#defer = defer
  }

  /** @throws CacheUnusable */
  ask(question: Question): Promise<Observation> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) this.#defer(this.#flush)
      this.#waiting.push({ ...question, resolve, reject })
    })
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    void this.#answer(waiting)
  }

  async #answer(waiting: readonly Waiting[]): Promise<void> {
    const deadline = this.#clock.monotonic() + this.#timeoutMs
    let open = permitted(waiting)
    try {
      if (open.length === 0) return
      const found = await this.#read(open)
      open = open.filter((question) => !this.#answerIfFound(question, found))
      // From here on no read can have a hit: what was stored under a stamp that was missing is lost for good.
      open = permitted(open)
      if (open.length > 0) await this.#makeMissing(open, found, deadline - this.#clock.monotonic())
    } catch (error) {
      for (const question of open) question.reject(unusable(error))
    }
  }

  /** False where a stamp is missing, or the entry is to be loaded. */
  #answerIfFound(question: Waiting, found: BatchReply): boolean {
    const fence = fenceOf(question, found)
    if (fence === undefined) return false
    const { entry, resolve } = question
    const stored = entry === undefined ? undefined : found.entry(entry)
    if (entry !== undefined && (stored === undefined || !this.#isHit(stored, fence))) return false
    resolve({ fence, stored, stampWasMissing: false })
    return true
  }

  #isHit({ fence, entry }: StoredEntry, current: Fence): boolean {
    return sameFence(fence, current) && this.#clock.now() < entry.expiresAt
  }

  async #read(open: readonly Waiting[]): Promise<BatchReply> {
    const names = new Set<string>()
    for (const { stamps, entry } of open) {
      for (const stamp of stamps) names.add(stamp)
      if (entry !== undefined) names.add(entry)
    }
    const found = new BatchReply()
    if (names.size === 0) return found
    const keys = [...names]
    const values = await this.#breaker.run(this.#timeoutMs, () => this.#commands.read(keys))
    for (let i = 0; i < keys.length; i++) found.add(keys[i]!, values[i])
    return found
  }

  /** Makes the stamps that are missing, takes the leases to load, and answers. */
  async #makeMissing(open: readonly Waiting[], found: BatchReply, remainingMs: number): Promise<void> {
    const tokens = new Map<string, string>()
    for (const { stamps } of open) {
      for (const stamp of stamps)
        if (found.stamp(stamp) === undefined) tokens.set(stamp, this.#random.token())
    }
    const proposed = open.map((question) => {
      const fence = question.stamps.map((name) => found.stamp(name) ?? tokens.get(name)!)
      return {
        question,
        fence,
        lease: question.fillLease(fence),
        stampWasMissing: isIncomplete(question, tokens),
      }
    })
    const leases = new Set(proposed.map(({ lease }) => lease))
    let made: StampsMade
    try {
      made = await this.#breaker.run(Math.max(1, remainingMs), () =>
        this.#commands.makeStamps(tokens, leases),
      )
    } catch (error) {
      // Those that only wanted a lease go on without.
      for (const question of open) if (!answerWithout(question, found)) question.reject(unusable(error))
      return
    }
    for (const [i, stamp] of [...tokens.keys()].entries()) found.add(stamp, made.stamps[i])
    for (const { question, fence: wanted, lease, stampWasMissing } of proposed) {
      const fence = fenceOf(question, found)
      if (fence === undefined) {
        question.reject(unusable(new RedisRefusal(NO_STAMP)))
        continue
      }
      const { entry, resolve } = question
      const stored = stampWasMissing || entry === undefined ? undefined : found.entry(entry)
      // Another instance made one of the stamps: it may be loading, which the next look will tell.
      const taken = made.taken.has(lease) || !sameFence(wanted, fence)
      resolve({ fence, stored, stampWasMissing, fillLease: taken ? 'taken' : this.#lease(lease) })
    }
  }

  #lease(name: string): FillLease {
    // It ends in a moment.
    const giveBack = () => this.#breaker.run(this.#timeoutMs, () => this.#commands.set(name, NOTHING, 1))
    return { giveBack: () => void giveBack().catch(() => undefined) }
  }
}

const NOTHING = Buffer.alloc(0)

/** Asked in the tick that sends: those whose permit has lapsed meanwhile are refused, the others go on. */
function permitted(waiting: readonly Waiting[]): readonly Waiting[] {
  return waiting.filter(({ permit, session, reject }) => {
    try {
      permit.assert(session)
      return true
    } catch (error) {
      reject(error)
      return false
    }
  })
}

/** Undefined while a stamp is missing. */
function fenceOf({ stamps }: Question, found: BatchReply): Fence | undefined {
  const fence: string[] = []
  for (const name of stamps) {
    const stamp = found.stamp(name)
    if (stamp === undefined) return undefined
    fence.push(stamp)
  }
  return fence
}

function answerWithout(question: Waiting, found: BatchReply): boolean {
  const fence = fenceOf(question, found)
  if (fence === undefined) return false
  const { entry, resolve } = question
  resolve({ fence, stored: entry === undefined ? undefined : found.entry(entry), stampWasMissing: false })
  return true
}

function isIncomplete({ stamps }: Question, made: ReadonlyMap<string, string>): boolean {
  return stamps.some((stamp) => made.has(stamp))
}

/** What Redis answered to a batch of lookups, by name. Each value is decoded once, however many ask for it. */
export class BatchReply {
  readonly #values = new Map<string, Buffer | undefined>()
  readonly #stamps = new Map<string, string>()
  readonly #entries = new Map<string, StoredEntry | undefined>()

  add(name: string, value: Buffer | null | undefined): void {
    this.#values.set(name, value ?? undefined)
  }

  stamp(name: string): string | undefined {
    const known = this.#stamps.get(name)
    if (known !== undefined) return known
    const stamp = this.#values.get(name)?.toString('latin1')
    if (stamp !== undefined) this.#stamps.set(name, stamp)
    return stamp
  }

  entry(name: string): StoredEntry | undefined {
    if (this.#entries.has(name)) return this.#entries.get(name)
    const value = this.#values.get(name)
    const entry = value === undefined ? undefined : decodeEntry(value)
    this.#entries.set(name, entry)
    return entry
  }
}
