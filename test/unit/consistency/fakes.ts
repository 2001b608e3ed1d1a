import { z } from 'zod'
import {
  type CacheHealth,
  CachePort,
  CacheSession,
  CacheUnusable,
  type Entry,
  type Fence,
  type Inspection,
  type Lookup,
  Permit,
} from '../../../src/application/consistency/ports/cache-port.ts'
import { Clock } from '../../../src/application/consistency/ports/clock.ts'
import type { Snapshots } from '../../../src/application/consistency/ports/database.ts'
import {
  Acknowledgements,
  type Backlog,
  type Holder,
  type HolderMessage,
  InvalidationLog,
  type LogPiece,
  type LogPosition,
} from '../../../src/application/consistency/ports/invalidation-log.ts'
import { Random } from '../../../src/application/consistency/ports/random.ts'
import { Unavailable } from '../../../src/application/consistency/ports/unavailable.ts'
import type { Found, View } from '../../../src/application/consistency/view.ts'

/** Two clocks that are moved by hand, apart if need be, and timers that fire when the monotonic one reaches them. */
export class TimerClock extends Clock {
  wallMs = 1_700_000_000_000
  monotonicMs = 0
  /** How much too early timers fire. */
  earlyMs = 0
  /** What was asked of `sleep`, in ms. */
  readonly sleeps: number[] = []
  readonly #timers = new Set<{ readonly at: number; readonly wake: () => void }>()

  now(): number {
    return this.wallMs
  }

  monotonic(): number {
    return this.monotonicMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms)
    if (signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        this.#timers.delete(timer)
        resolve()
      }
      const timer = { at: this.monotonicMs + (ms > this.earlyMs ? ms - this.earlyMs : ms), wake }
      this.#timers.add(timer)
      signal?.addEventListener('abort', wake, { once: true })
    })
  }

  get timers(): number {
    return this.#timers.size
  }

  /** Moves both clocks, stopping at every timer on the way until nothing more happens by itself. */
  async advance(ms: number): Promise<void> {
    const end = this.monotonicMs + ms
    for (;;) {
      await settled()
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at)
      if (next === undefined || next.at > end) break
      this.pass(next.at - this.monotonicMs)
      next.wake()
    }
    this.pass(end - this.monotonicMs)
    await settled()
  }

  /** Moves both clocks, past timers too. */
  pass(ms: number): void {
    this.monotonicMs += ms
    this.wallMs += ms
  }
}

/** Resolves when every promise that can go on has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export class FixedRandom extends Random {
  /** What `fraction` gives. */
  next = 0.5
  #tokens = 0

  uuid(): string {
    return this.token()
  }

  token(): string {
    this.#tokens += 1
    return `token-${this.#tokens}`
  }

  fraction(): number {
    return this.next
  }
}

/** Stamps and entries in maps, a list of what was asked, and failures on demand. */
export class FakeSession extends CacheSession {
  readonly stamps = new Map<string, string>()
  readonly entries = new Map<string, { entry: Entry; fence: Fence; keepMs: number }>()
  /** What the next calls of these methods throw. */
  readonly failing = new Map<'lookup' | 'store' | 'invalidate', Error>()
  readonly steps: string[]
  #made = 0

  constructor(steps: string[] = []) {
    super()
    this.steps = steps
  }

  async lookup(key: string, tags: readonly string[], permit: Permit): Promise<Lookup> {
    this.#step('lookup', key)
    permit.assert(this)
    const fence = tags.map((tag) => this.#stampOf(tag))
    const stored = this.entries.get(key)
    return stored?.fence.join() === fence.join() ? { entry: stored.entry, tier: 'l2', fence } : { fence }
  }

  async store(key: string, _tags: readonly string[], entry: Entry, fence: Fence, keepMs: number) {
    this.#step('store', key)
    this.entries.set(key, { entry, fence, keepMs })
    return true
  }

  async invalidate(tags: readonly string[]): Promise<void> {
    this.#step('invalidate', tags.join(','))
    for (const tag of tags) this.stamps.delete(tag)
  }

  async inspect(): Promise<Inspection> {
    return { stamps: [], entries: [] }
  }

  #step(method: 'lookup' | 'store' | 'invalidate', what: string): void {
    this.steps.push(`${method} ${what}`.trim())
    const failure = this.failing.get(method)
    if (failure !== undefined) throw failure
  }

  #stampOf(tag: string): string {
    this.#made += 1
    const stamp = this.stamps.get(tag) ?? `stamp-${this.#made}`
    this.stamps.set(tag, stamp)
    return stamp
  }
}

export class FakeCache extends CachePort {
  readonly reach: CachePort['reach']
  readonly name = 'fake'
  readonly identity = 'fake'
  readonly steps: string[]
  /** What `session()` gives; undefined: out of reach. */
  present: FakeSession | undefined

  constructor(reach: CachePort['reach'] = 'shared', steps: string[] = []) {
    super()
    this.reach = reach
    this.steps = steps
    this.present = reach === 'none' ? undefined : new FakeSession(steps)
  }

  session(): FakeSession | undefined {
    this.steps.push('session')
    return this.present
  }

  reset(): void {
    this.steps.push('reset')
    this.present = new FakeSession(this.steps)
  }

  health(): CacheHealth {
    return { connected: this.present !== undefined, breaker: 'none', entries: 0, bytes: 0 }
  }

  async close(): Promise<void> {}
}

interface FakeRow {
  readonly id: string
  readonly tags: readonly string[]
  readonly applied: boolean
}

interface FakePosition extends LogPosition {
  readonly ids: ReadonlySet<string>
  readonly connection: number
}

interface FakeCursor {
  readonly after: number
}

type Step = 'pending' | 'kept' | 'markApplied' | 'backlog' | 'register' | 'retire' | 'remove' | 'tell'

/** A row's id and its transaction's number are told apart. */
export const transactionOf = (id: string) => `t${id}`

/** The log's table, in pieces of a few rows, and failures on demand. Ids are numbers. */
export class FakeLog extends InvalidationLog {
  rows: FakeRow[] = []
  /** The ids of rows that were swept. */
  readonly swept: string[] = []
  pieceRows = 1000
  #connection = 0
  acknowledgements = new Acknowledgements()
  /** Those that are on the list, this instance's own log among them. */
  holders: Holder[] = []
  #registered = 0
  wake: () => void = () => {}
  readonly failing = new Set<Step>()
  /** What a failing method throws. */
  failure: () => Error = databaseDown
  readonly steps: string[]

  constructor(steps: string[] = []) {
    super()
    this.steps = steps
  }

  /** From now on it is another one: positions and acknowledgements of before count for nothing. */
  reconnect(): void {
    this.#connection += 1
    this.acknowledgements = new Acknowledgements()
  }

  /** As another instance would. */
  acknowledge(holder: string, ...transactions: string[]): void {
    this.acknowledgements.add(holder, { sees: (transaction) => transactions.includes(transaction) })
  }

  add(id: string, tags: readonly string[], applied = false): void {
    this.rows.push({ id, tags, applied })
  }

  async pending(since?: FakePosition, cursor?: FakeCursor): Promise<LogPiece> {
    this.#step('pending', describeLook(since, cursor))
    return this.#piece(
      this.rows.filter((row) => !row.applied),
      since,
      cursor,
    )
  }

  async kept(since?: FakePosition, cursor?: FakeCursor): Promise<LogPiece> {
    this.#step('kept', describeLook(since, cursor))
    return this.#piece(this.rows, since, cursor)
  }

  /** Ids and times of commit are apart here, as they are in PostgreSQL: a position knows which rows there were. */
  #piece(
    rows: readonly FakeRow[],
    since: FakePosition | undefined,
    cursor: FakeCursor = { after: 0 },
  ): LogPiece {
    const known = since !== undefined && this.knows(since) ? since.ids : undefined
    const found = rows
      .filter(({ id }) => known?.has(id) !== true && Number(id) > cursor.after)
      .sort((a, b) => Number(a.id) - Number(b.id))
    const piece = found.slice(0, this.pieceRows)
    const ids = new Set([...this.rows.map(({ id }) => id), ...this.swept])
    const numbers = new Set([...ids].map(transactionOf))
    const position: FakePosition = {
      ids,
      connection: this.#connection,
      sees: (number) => numbers.has(number),
    }
    return {
      tags: [...new Set(piece.flatMap(({ tags }) => tags))],
      pending: piece.filter(({ applied }) => !applied).map(({ id }) => id),
      next:
        piece.length < found.length ? ({ after: Number(piece.at(-1)?.id) } satisfies FakeCursor) : undefined,
      position,
      holders: this.holders,
      missed: this.swept.some((id) => since?.ids.has(id) === false),
    }
  }

  knows(position: FakePosition): boolean {
    return position.connection === this.#connection
  }

  async markApplied(ids: readonly string[]): Promise<void> {
    this.#step('markApplied', ids.join(','))
    this.rows = this.rows.map((row) => (ids.includes(row.id) ? { ...row, applied: true } : row))
  }

  async backlog(transactions: readonly string[]): Promise<Backlog> {
    this.#step('backlog', transactions.join(','))
    const pending = this.rows.filter((row) => !row.applied).map(({ id }) => transactionOf(id))
    return {
      awaited: new Set(transactions.filter((number) => pending.includes(number))),
      rows: pending.length,
      oldestMs: 0,
      holders: this.holders,
    }
  }

  async register(before?: string): Promise<string> {
    this.#registered += 1
    const id = `me${this.#registered}`
    this.#step('register', before === undefined ? id : `${id} for ${before}`)
    this.holders = [
      ...this.holders.filter((holder) => holder.id !== before),
      { id, retired: false, connected: true },
    ]
    return id
  }

  async retire(ids: readonly string[]): Promise<void> {
    this.#step('retire', ids.join(','))
    this.holders = this.holders.map((holder) =>
      ids.includes(holder.id) ? { ...holder, retired: true } : holder,
    )
  }

  async remove(ids: readonly string[]): Promise<void> {
    this.#step('remove', ids.join(','))
    this.holders = this.holders.filter(({ id }) => !ids.includes(id))
  }

  async tell({ applied, wake }: HolderMessage): Promise<void> {
    this.#step('tell', [applied?.holder, wake && 'wake'].filter(Boolean).join(' '))
  }

  onWake(wake: () => void): void {
    this.wake = wake
  }

  async sweep(): Promise<number> {
    const swept = this.rows.filter((row) => row.applied)
    this.swept.push(...swept.map(({ id }) => id))
    this.rows = this.rows.filter((row) => !row.applied)
    return swept.length
  }

  async close(): Promise<void> {}

  #step(method: Step, what = ''): void {
    this.steps.push(`${method} ${what}`.trim())
    if (this.failing.has(method)) throw this.failure()
  }
}

function describeLook(since: FakePosition | undefined, cursor: FakeCursor | undefined): string {
  return `${since === undefined ? '' : 'since'} ${cursor === undefined ? '' : `after ${cursor.after}`}`.trim()
}

export interface Version {
  readonly version: number
}

/** Runs the queries at once; what a view's `load` does is the view's affair. */
export class FakeSnapshots implements Snapshots<undefined> {
  read<T>(queries: (source: undefined) => Promise<T>): Promise<T> {
    // The views of these tests load from the test itself.
    return queries(undefined)
  }
}

/** A view of one number, loaded by the test. */
export function versionView(load: (id: string) => Promise<Found<Version>>): View<string, Version, unknown> {
  return {
    name: 'version',
    ttlS: 100,
    schema: z.strictObject({ version: z.int() }),
    key: (id) => `thing:${id}`,
    tags: (id) => [`tag:${id}`],
    load: (_queries, id) => load(id),
  }
}

/** A permit that can be taken away. */
export class Switch extends Permit {
  open = true

  assert(): void {
    if (!this.open) throw new CacheUnusable('no-lease')
  }
}

/** A promise that the test keeps or breaks. */
export function deferred<T>(): {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (error: unknown) => void
} {
  return Promise.withResolvers<T>()
}

export const databaseDown = (): Unavailable => new Unavailable('database-unavailable')
