import type { CacheSession, Fence, Permit } from '../../application/consistency/ports/cache-port.ts'
import type { Clock } from '../../application/consistency/ports/clock.ts'
import type { Random } from '../../application/consistency/ports/random.ts'
import type { CircuitBreaker } from './circuit-breaker.ts'
import type { StoredEntry } from './entry-format.ts'
import { decodeEntry } from './entry-format.ts'
import { type RedisCommands, RedisRefusal, unusable } from './redis-commands.ts'

/** What one lookup wants to know. Names are Redis's, not tags and keys. */
export interface Question {
  readonly stamps: readonly string[]
  readonly entry: string | undefined
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
 * missing are made and read back by a second one, which holds up no read that does not need it.
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
  ask({ stamps, entry, permit, session }: Question): Promise<Observation> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) this.#defer(this.#flush)
      this.#waiting.push({ stamps, entry, permit, session, resolve, reject })
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
      open = open.filter((question) => !answerIfComplete(question, found, false))
      // From here on no read can have a hit: what was stored under a stamp that was missing is lost for good.
      open = permitted(open)
      if (open.length === 0) return
      await this.#makeMissing(open, found, deadline - this.#clock.monotonic())
      for (const question of open) {
        if (!answerIfComplete(question, found, true)) question.reject(unusable(new RedisRefusal(NO_STAMP)))
      }
    } catch (error) {
      for (const question of open) question.reject(unusable(error))
    }
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

  async #makeMissing(open: readonly Waiting[], found: BatchReply, remainingMs: number): Promise<void> {
    const tokens = new Map<string, string>()
    for (const { stamps } of open) {
      for (const stamp of stamps)
        if (found.stamp(stamp) === undefined) tokens.set(stamp, this.#random.token())
    }
    const values = await this.#breaker.run(Math.max(1, remainingMs), () => this.#commands.makeStamps(tokens))
    found.forgetEntries()
    for (const [i, stamp] of [...tokens.keys()].entries()) found.add(stamp, values[i])
  }
}

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

function answerIfComplete(
  { stamps, entry, resolve }: Waiting,
  found: BatchReply,
  stampWasMissing: boolean,
): boolean {
  const fence: string[] = []
  for (const name of stamps) {
    const stamp = found.stamp(name)
    if (stamp === undefined) return false
    fence.push(stamp)
  }
  resolve({ fence, stored: entry === undefined ? undefined : found.entry(entry), stampWasMissing })
  return true
}

/** What Redis answered to a batch of lookups, by name. Each value is decoded once, however many ask for it. */
export class BatchReply {
  readonly #values = new Map<string, Buffer | undefined>()
  readonly #stamps = new Map<string, string>()
  readonly #entries = new Map<string, StoredEntry | undefined>()
  #entriesForgotten = false

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
    if (this.#entriesForgotten) return undefined
    if (this.#entries.has(name)) return this.#entries.get(name)
    const value = this.#values.get(name)
    const entry = value === undefined ? undefined : decodeEntry(value)
    this.#entries.set(name, entry)
    return entry
  }

  forgetEntries(): void {
    this.#entriesForgotten = true
  }
}
