import { randomUUID } from 'node:crypto'
import type {
  LoggingTransaction,
  Snapshots,
  Transactions,
} from '../../src/application/consistency/ports/database.ts'
import {
  Acknowledgements,
  type Backlog,
  type Holder,
  type HolderMessage,
  InvalidationLog,
  type LogPiece,
  type LogPosition,
} from '../../src/application/consistency/ports/invalidation-log.ts'

interface Row {
  readonly number: number
  readonly tags: readonly string[]
  applied: boolean
}

/** A database in memory, of counters, with the log that several instances share. Transactions come one after the other. */
export class MemoryDatabase {
  readonly rows: Row[] = []
  readonly logs = new Set<MemoryLog>()
  holders: Holder[] = []
  #counters: ReadonlyMap<string, number> = new Map()
  #held: Promise<void> | undefined
  /** Loads that have seen the database, and have not ended. */
  loadsHeld = 0

  count(name: string): number {
    return this.#counters.get(name) ?? 0
  }

  /** From now on loads see the database as it is when they begin, and end when what is returned is called. */
  holdLoads(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held = promise
    return () => {
      this.#held = undefined
      resolve()
    }
  }

  readonly snapshots: Snapshots<Counters> = {
    read: async (queries) => {
      const counters = this.#counters
      const held = this.#held
      if (held !== undefined) {
        this.loadsHeld += 1
        await held
        this.loadsHeld -= 1
      }
      return queries({ count: (name) => counters.get(name) ?? 0 })
    },
  }

  readonly transactions: Transactions<CounterTransaction> = {
    run: async (work) => {
      const counters = new Map(this.#counters)
      const logged: Row[] = []
      const result = await work({
        increment: (name) => void counters.set(name, (counters.get(name) ?? 0) + 1),
        logInvalidation: async (tags) => {
          const number = this.rows.length + logged.length + 1
          logged.push({ number, tags, applied: false })
          return String(number)
        },
      })
      this.#counters = counters
      this.rows.push(...logged)
      return result
    },
  }
}

export interface Counters {
  count(name: string): number
}

export interface CounterTransaction extends LoggingTransaction {
  increment(name: string): void
}

class MemoryPosition implements LogPosition {
  readonly rows: number

  constructor(rows: number) {
    this.rows = rows
  }

  sees(transaction: string): boolean {
    return Number(transaction) <= this.rows
  }
}

/** One instance's log. It shows all rows in one piece, and its connection never ends. */
export class MemoryLog extends InvalidationLog {
  readonly acknowledgements = new Acknowledgements()
  readonly #database: MemoryDatabase
  #wake: () => void = () => {}

  constructor(database: MemoryDatabase) {
    super()
    this.#database = database
    database.logs.add(this)
  }

  pending(since?: LogPosition): Promise<LogPiece> {
    return this.#piece(since, (row) => !row.applied)
  }

  kept(since?: LogPosition): Promise<LogPiece> {
    return this.#piece(since, () => true)
  }

  async #piece(since: LogPosition | undefined, wanted: (row: Row) => boolean): Promise<LogPiece> {
    const { rows, holders } = this.#database
    const found = rows.filter((row) => since?.sees(String(row.number)) !== true && wanted(row))
    return {
      tags: [...new Set(found.flatMap(({ tags }) => tags))],
      pending: found.filter(({ applied }) => !applied).map(({ number }) => String(number)),
      next: undefined,
      position: new MemoryPosition(rows.length),
      holders,
      missed: false,
    }
  }

  knows(): boolean {
    return true
  }

  async markApplied(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#database.rows[Number(id) - 1]!.applied = true
  }

  async backlog(transactions: readonly string[]): Promise<Backlog> {
    const { rows, holders } = this.#database
    const awaited = new Set(transactions.filter((number) => rows[Number(number) - 1]?.applied === false))
    return { awaited, rows: rows.filter(({ applied }) => !applied).length, oldestMs: 0, holders }
  }

  async register(before?: string): Promise<string> {
    const id = `holder ${randomUUID()}`
    const others = this.#database.holders.filter((holder) => holder.id !== before)
    this.#database.holders = [...others, { id, retired: false, connected: true }]
    return id
  }

  async retire(ids: readonly string[]): Promise<void> {
    const retired = (holder: Holder) => (ids.includes(holder.id) ? { ...holder, retired: true } : holder)
    this.#database.holders = this.#database.holders.map(retired)
  }

  async remove(ids: readonly string[]): Promise<void> {
    this.#database.holders = this.#database.holders.filter(({ id }) => !ids.includes(id))
  }

  async tell({ applied, wake }: HolderMessage): Promise<void> {
    for (const log of this.#database.logs) {
      if (applied !== undefined) log.acknowledgements.add(applied.holder, applied.position)
      if (wake) log.#wake()
    }
  }

  onWake(wake: () => void): void {
    this.#wake = wake
  }

  async sweep(): Promise<number> {
    return 0
  }

  async close(): Promise<void> {
    this.#database.logs.delete(this)
  }
}
