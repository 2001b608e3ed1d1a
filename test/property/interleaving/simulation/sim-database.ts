import {
  CommitUnknown,
  type LoggingTransaction,
  type Snapshots,
  type Transactions,
} from '../../../../src/application/consistency/ports/database.ts'
import type { Holder, HolderMessage } from '../../../../src/application/consistency/ports/invalidation-log.ts'
import { Unavailable } from '../../../../src/application/consistency/ports/unavailable.ts'
import type { Host } from './host.ts'
import type { Network } from './network.ts'
import type { Prng } from './prng.ts'
import type { Scheduler } from './scheduler.ts'
import { type Steps, slotOf, type Write } from './steps.ts'

export interface LogRow {
  readonly id: string
  readonly tags: readonly string[]
  applied: boolean
  /** The number of the transaction that it came with. */
  readonly transaction: number
}

/** Which transactions had committed at a moment: those below `next`, but for those that were under way. */
export interface Committed {
  readonly next: number
  readonly underWay: ReadonlySet<number>
}

export function sees(since: Committed, transaction: number): boolean {
  return transaction < since.next && !since.underWay.has(transaction)
}

/** Of an instance's log, as the server sees it. */
export interface LogConnection {
  readonly open: boolean
  /** The server's crashes when it was made. */
  readonly madeAfter: number
  deliver(message: HolderMessage): void
}

/** PostgreSQL as far as the protocol sees it: versions, row locks, commits, and the log in the same commit. */
export class SimDatabase {
  readonly versions = new Map<string, number>()
  readonly locks = new Map<string, SimTransaction>()
  readonly rows = new Map<string, LogRow>()
  readonly #holders = new Map<string, { retired: boolean; readonly connection: LogConnection }>()
  readonly #listeners = new Set<LogConnection>()
  #lastHolder = 0
  sweeps = 0
  /** The latest transaction of which a row was swept. */
  swept = 0
  /** How often it crashed: who is connected since before is not. */
  crashes = 0
  #lastRow = 0
  #lastCommitted = 0
  #nextTransaction = 1
  readonly #underWay = new Set<SimTransaction>()
  readonly #steps: Steps | undefined

  constructor(steps?: Steps) {
    this.#steps = steps
  }

  /** As a sequence does: taken before the commit, so that a lower id may commit later. */
  nextRowId(): string {
    this.#lastRow += 1
    return String(this.#lastRow)
  }

  /**
   * A transaction's number, given out at its first change. The one after it goes to a neighbour's, which fails: such
   * numbers leave no trace, and a crash may give them out again.
   */
  numberOf(transaction: SimTransaction): number {
    if (transaction.number === undefined) {
      transaction.number = this.#nextTransaction
      this.#nextTransaction += 2
      this.#underWay.add(transaction)
    }
    return transaction.number
  }

  commit(transaction: SimTransaction): void {
    for (const [view, version] of transaction.changes) this.versions.set(view, version)
    for (const row of transaction.rows) this.rows.set(row.id, row)
    this.#lastCommitted = Math.max(this.#lastCommitted, transaction.number ?? 0)
    this.end(transaction)
  }

  end(transaction: SimTransaction): void {
    this.#underWay.delete(transaction)
    for (const [view, holder] of this.locks) if (holder === transaction) this.locks.delete(view)
  }

  /** And is up again at once: what had not committed never was. */
  crash(): void {
    this.crashes += 1
    for (const transaction of this.#underWay) this.end(transaction)
    this.#nextTransaction = this.#lastCommitted + 1
  }

  /** The rows of transactions that `since` does not see, in the order of transactions, and then of ids. */
  look(since?: Committed): LogLook {
    const rows = [...this.rows.values()]
      .filter(({ transaction }) => since === undefined || !sees(since, transaction))
      .sort(byTransaction)
      // As they are now: the answer may be read much later.
      .map((row) => ({ ...row }))
    const underWay = new Set([...this.#underWay].map((transaction) => this.numberOf(transaction)))
    const ended = (number: number) => !underWay.has(number)
    const missed =
      since !== undefined &&
      (this.swept >= since.next ||
        [...since.underWay].some((number) => number <= this.swept && ended(number)))
    const holders = [...this.#holders].map(([id, { retired, connection }]) => {
      return { id, retired, connected: this.#has(connection) }
    })
    return {
      rows,
      missed,
      sweeps: this.sweeps,
      committed: { next: this.#nextTransaction, underWay },
      holders,
    }
  }

  #has({ open, madeAfter }: LogConnection): boolean {
    return open && madeAfter === this.crashes
  }

  register(connection: LogConnection, before: string | undefined): string {
    if (before !== undefined) this.#holders.delete(before)
    this.#lastHolder += 1
    const id = `h${this.#lastHolder}`
    this.#holders.set(id, { retired: false, connection })
    return id
  }

  retire(ids: readonly string[]): void {
    this.#steps?.note({ step: 'registry: rows are retired', ids })
    for (const id of ids) {
      const holder = this.#holders.get(id)
      if (holder !== undefined) holder.retired = true
    }
  }

  retireOne(random: Prng): void {
    if (this.#holders.size > 0) this.retire([random.pick([...this.#holders.keys()])])
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) this.#holders.delete(id)
  }

  listen(connection: LogConnection): void {
    this.#listeners.add(connection)
  }

  notify(message: HolderMessage): void {
    for (const connection of this.#listeners) {
      if (this.#has(connection)) connection.deliver(message)
      else this.#listeners.delete(connection)
    }
  }

  markApplied(ids: readonly string[]): void {
    for (const id of ids) {
      const row = this.rows.get(id)
      if (row !== undefined) row.applied = true
    }
  }

  sweep(): number {
    const applied = [...this.rows.values()].filter((row) => row.applied)
    for (const { id, transaction } of applied) {
      this.rows.delete(id)
      this.swept = Math.max(this.swept, transaction)
    }
    if (applied.length > 0) {
      this.sweeps += 1
      this.#steps?.note({ step: 'log: applied rows are swept' })
    }
    return applied.length
  }
}

export interface LogLook {
  readonly rows: readonly LogRow[]
  readonly missed: boolean
  readonly sweeps: number
  readonly committed: Committed
  readonly holders: readonly Holder[]
}

/** A row's place among all, the same for every look. */
export function byTransaction(a: Pick<LogRow, 'transaction' | 'id'>, b: typeof a): number {
  return a.transaction - b.transaction || Number(a.id) - Number(b.id)
}

/** What the view of this test loads, and a write changes. */
export class SimTransaction {
  number: number | undefined
  /** The server's crashes when its connection was made. */
  readonly connectedAfter: number
  readonly changes = new Map<string, number>()
  readonly rows: LogRow[] = []
  /** Told as COMMIT is sent: only then may what was written ever be seen. */
  readonly whenSent: (() => void)[] = []
  /** Told when the server crashed before the COMMIT took effect: it never will. */
  readonly whenLost: (() => void)[] = []
  rolledBack = false

  constructor(connectedAfter: number) {
    this.connectedAfter = connectedAfter
  }
}

/** Drains have a connection of their own, which may stall while the others do not. */
export const DRAIN = 'drain'

/** One instance's road to the database. Every message takes a step there, and another one back. */
export class DatabaseLink {
  readonly #database: SimDatabase
  readonly #scheduler: Scheduler
  readonly #network: Network
  readonly #random: Prng
  readonly host: Host
  readonly steps: Steps | undefined

  constructor(
    database: SimDatabase,
    scheduler: Scheduler,
    network: Network,
    random: Prng,
    host: Host,
    steps?: Steps,
  ) {
    this.steps = steps
    this.#database = database
    this.#scheduler = scheduler
    this.#network = network
    this.#random = random
    this.host = host
  }

  get crashes(): number {
    return this.#database.crashes
  }

  listen(connection: LogConnection): void {
    this.#database.listen(connection)
  }

  /** What the server sends of its own accord: it may come late, or not at all. */
  notified(label: string, hear: () => void): void {
    if (this.#network.losesReply()) return
    this.#scheduler.add({
      lane: `${this.host.name} notified`,
      label,
      host: this.host,
      ready: () => this.#network.reaches(this.host, 'log'),
      run: () => {
        if (this.#network.reaches(this.host, 'database')) hear()
      },
    })
  }

  /** `done` runs in the server; `ready` says whether it can yet (a lock). `connectedAfter`: so many crashes. */
  async ask<T>(
    user: string,
    label: string,
    done: (database: SimDatabase) => T,
    ready?: (database: SimDatabase) => boolean,
    connectedAfter = this.crashes,
  ): Promise<T> {
    const lane = `${this.host.name} ${user}`
    const connected = () => this.#network.reaches(this.host, 'database') && this.crashes === connectedAfter
    if (!connected()) return this.#unreachable(lane, label)
    let answer: T | undefined
    const execute = () => {
      if (this.crashes === connectedAfter) answer = done(this.#database)
    }
    const flows = () => user !== DRAIN || this.#network.reaches(this.host, 'log')
    // Of a connection that stalls, half the questions still arrive, and only the answers are missing.
    const arrives = this.#random.chance(0.5)
    const canRun = () => (arrives || flows()) && (ready === undefined || ready(this.#database))
    if (flows() && this.#random.chance(0.4)) {
      await this.#scheduler.wait({ lane, label, host: this.host, ready: canRun })
      if (!connected()) return this.#unreachable(lane, label)
      execute()
      return answer as T
    }
    await this.#scheduler.wait({ lane: `database for ${lane}`, label, ready: canRun }).then(execute)
    await this.#scheduler.wait({ lane, label: `reply: ${label}`, host: this.host, ready: flows })
    if (!connected() || this.#network.losesReply()) return this.#unreachable(lane, label)
    return answer as T
  }

  async #unreachable(lane: string, label: string): Promise<never> {
    await this.#scheduler.wait({ lane, label: `no database: ${label}`, host: this.host })
    throw new Unavailable('database-unavailable')
  }

  /** COMMIT: sent, takes effect, is answered. The answer may get lost, and the client give up before or after. */
  async commit(transaction: SimTransaction): Promise<void> {
    const lane = `${this.host.name} write`
    const losesReply = this.#network.losesReply()
    const write = this.#tell(transaction)
    const effect = this.#scheduler
      .wait({ lane: `database for ${lane}`, label: `COMMIT takes effect ${describe(transaction)}` })
      .then(() => this.#apply(transaction, write))
    if (!losesReply) await effect
    await this.#scheduler.wait({
      lane,
      label: losesReply ? 'COMMIT unanswered' : 'COMMIT returned',
      host: this.host,
    })
    const connected =
      this.#network.reaches(this.host, 'database') && this.crashes === transaction.connectedAfter
    const unknown = losesReply || !connected
    if (write !== undefined)
      this.steps?.note({
        step: unknown ? 'write: its outcome stays unknown' : 'write: COMMIT returns',
        write,
      })
    if (unknown) throw new CommitUnknown()
  }

  rollBack(transaction: SimTransaction): void {
    transaction.rolledBack = true
    this.#database.end(transaction)
  }

  /** What the model knows of it, if anyone asks. */
  #tell({ changes, rows }: SimTransaction): Write | undefined {
    const { asked } = this.steps ?? {}
    const [[view, version] = ['', 0]] = changes
    const [row] = rows
    if (this.steps === undefined || asked === undefined) return undefined
    const write = { view, version, slot: slotOf(this.host), tags: row?.tags ?? [], row: row?.id ?? '' }
    asked.write = write
    this.steps.note({ step: 'write: COMMIT is sent', write })
    return write
  }

  #apply(transaction: SimTransaction, write: Write | undefined): void {
    if (this.crashes === transaction.connectedAfter) {
      if (write !== undefined)
        this.steps?.note({ step: 'write: COMMIT happens, with its row in the log', write })
      this.#database.commit(transaction)
    } else for (const tell of transaction.whenLost) tell()
  }
}

function describe({ changes, rows }: SimTransaction): string {
  return `${[...changes].map(([view, version]) => `${view}=${version}`)} rows ${rows.map((row) => row.id)}`
}

export class SimSnapshots implements Snapshots<SimQueries> {
  readonly #link: DatabaseLink
  #loads = 0

  constructor(link: DatabaseLink) {
    this.#link = link
  }

  async read<T>(queries: (source: SimQueries) => Promise<T>): Promise<T> {
    this.#loads += 1
    const user = `load ${this.#loads % 2}`
    const { steps } = this.#link
    const { asked } = steps ?? {}
    const { look } = asked ?? {}
    if (look?.resolved) look.load = {}
    const sent = { ok: false }
    const snapshot = (database: SimDatabase) => {
      const seen = new Map(database.versions)
      if (look?.load !== undefined) {
        const version = seen.get(look.asked.view) ?? 0
        look.load.version = version
        steps?.note({ step: 'read: loads', look, version, sent })
      } else if (asked !== undefined) {
        const version = seen.get(asked.view) ?? 0
        steps?.note({ step: 'read: loads without the cache', asked, version })
      }
      return seen
    }
    const versions = await this.#link.ask(user, 'snapshot', snapshot)
    sent.ok = true
    return queries(new SimQueries(versions))
  }
}

/** The one query that the test's view asks. */
export class SimQueries {
  readonly #versions: ReadonlyMap<string, number>

  constructor(versions: ReadonlyMap<string, number>) {
    this.#versions = versions
  }

  version(view: string): number {
    return this.#versions.get(view) ?? 0
  }
}

/** A transaction with the one change that the test's writes make. */
export interface SimTx extends LoggingTransaction {
  bump(view: string, whenSent: (version: number | undefined) => void): Promise<number>
}

export class SimTransactions implements Transactions<SimTx> {
  readonly #link: DatabaseLink

  constructor(link: DatabaseLink) {
    this.#link = link
  }

  async run<T>(work: (tx: SimTx) => Promise<T>): Promise<T> {
    const link = this.#link
    const transaction = new SimTransaction(link.crashes)
    let sent = false
    // The server notices that its client is gone.
    link.host.onDeath(() => sent || link.rollBack(transaction))
    const tx: SimTx = {
      bump: (view, whenSent) =>
        link.ask(
          'write',
          `UPDATE ${view}`,
          (database) => {
            const version = (database.versions.get(view) ?? 0) + 1
            if (transaction.rolledBack) return version
            database.numberOf(transaction)
            database.locks.set(view, transaction)
            transaction.changes.set(view, version)
            transaction.whenSent.push(() => whenSent(version))
            transaction.whenLost.push(() => whenSent(undefined))
            return version
          },
          (database) => !database.locks.has(view) || transaction.rolledBack,
          transaction.connectedAfter,
        ),
      logInvalidation: (tags) => this.#log(link, transaction, tags),
    }
    try {
      const answer = await work(tx)
      for (const tell of transaction.whenSent) tell()
      sent = true
      await link.commit(transaction)
      return answer
    } catch (error) {
      if (!sent) link.rollBack(transaction)
      throw error
    }
  }

  /** Apart from COMMIT, with which the adapter sends it: more can come between. */
  #log(link: DatabaseLink, transaction: SimTransaction, tags: readonly string[]): Promise<string> {
    const insert = (database: SimDatabase) => {
      const id = database.nextRowId()
      transaction.rows.push({ id, tags, applied: false, transaction: database.numberOf(transaction) })
      return String(database.numberOf(transaction))
    }
    return link.ask('write', `log ${tags.join(' ')}`, insert, undefined, transaction.connectedAfter)
  }
}
