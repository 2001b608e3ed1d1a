import {
  Acknowledgements,
  type Backlog,
  type Holder,
  type HolderMessage,
  InvalidationLog,
  type LogPiece,
  type LogPosition,
} from '../../../../src/application/consistency/ports/invalidation-log.ts'
import {
  byTransaction,
  type Committed,
  type DatabaseLink,
  DRAIN,
  type LogConnection,
  type LogLook,
  type LogRow,
  type SimDatabase,
  sees,
} from './sim-database.ts'
import { slotOf, type What } from './steps.ts'

/** A snapshot of the server's, and the connection that it was taken on. */
export class SimPosition implements LogPosition {
  readonly connection: object
  readonly committed: Committed
  readonly sweeps: number

  constructor(connection: object, committed: Committed, sweeps: number) {
    this.connection = connection
    this.committed = committed
    this.sweeps = sweeps
  }

  sees(transaction: string): boolean {
    return sees(this.committed, Number(transaction))
  }
}

export type SimCursor = Pick<LogRow, 'transaction' | 'id'>

/** Rows of a piece: so few that most walks have several. */
const PIECE_ROWS = 1

export class SimLog extends InvalidationLog {
  readonly #link: DatabaseLink
  #connection: Connection
  #wake: () => void = () => {}

  constructor(link: DatabaseLink) {
    super()
    this.#link = link
    this.#connection = this.#connect()
    link.host.onDeath(() => this.#connection.close())
  }

  /** A new one once the old one is gone. */
  get connection(): Connection {
    if (this.#connection.madeAfter !== this.#link.crashes) this.#reconnect()
    return this.#connection
  }

  async pending(since?: SimPosition, after?: SimCursor): Promise<LogPiece> {
    return this.#piece('pending', await this.look('pending', since), after)
  }

  async kept(since?: SimPosition, after?: SimCursor): Promise<LogPiece> {
    return this.#piece('kept', await this.look('kept', since), after)
  }

  /** All that one look shows, without the pieces: what the broken variants are made from. */
  async look(
    kind: 'pending' | 'kept',
    since?: SimPosition,
  ): Promise<Pick<LogLook, 'rows' | 'missed' | 'holders'> & { readonly position: SimPosition }> {
    const { connection } = this
    const known = since?.connection === connection ? since.committed : undefined
    const drain = this.#link.steps?.begunDrain()
    const within = drain?.within === true
    const found: Found = { kept: kind === 'kept', known: known !== undefined, within }
    const { rows, missed, sweeps, committed, holders } = await this.#ask(
      known === undefined ? `SELECT ${kind} rows` : `SELECT ${kind} rows not committed ${describe(known)}`,
      (database) => {
        const slot = slotOf(this.#link.host)
        this.#link.steps?.note({ step: 'drain: looks at the log', slot, found })
        return database.look(known)
      },
    )
    const look = {
      rows: kind === 'kept' ? rows : rows.filter(({ applied }) => !applied),
      missed: missed || (since !== undefined && known === undefined && since.sweeps !== sweeps),
      position: new SimPosition(connection, committed, sweeps),
      holders,
    }
    // What is read ahead may be answered when its drain is over.
    if (drain?.over === false) {
      const { missed, holders } = look
      Object.assign(found, { rows: look.rows.map(({ id }) => id), missed, holders })
    }
    return look
  }

  #piece(
    kind: 'pending' | 'kept',
    { rows, missed, position, holders }: Awaited<ReturnType<SimLog['look']>>,
    after: SimCursor = { transaction: 0, id: '0' },
  ): LogPiece {
    const found = rows.filter((row) => byTransaction(row, after) > 0)
    const piece = found.slice(0, PIECE_ROWS)
    return {
      tags: [...new Set(piece.flatMap(({ tags }) => tags))],
      pending: piece.filter(({ applied }) => !applied).map(({ id }) => id),
      next: piece.length < found.length ? piece.at(-1) : undefined,
      position,
      holders,
      missed: kind === 'kept' && missed,
    }
  }

  knows(position: SimPosition): boolean {
    return position.connection === this.connection
  }

  markApplied(ids: readonly string[]): Promise<void> {
    const slot = slotOf(this.#link.host)
    this.#link.steps?.note({ step: 'drain: a mark is sent', slot, rows: ids })
    return this.#ask(`mark ${ids.join(' ')}`, (database) => {
      this.#link.steps?.note({ step: 'drain: a row is marked', slot, rows: ids })
      database.markApplied(ids)
    })
  }

  async backlog(transactions: readonly string[]): Promise<Backlog> {
    const { steps, host } = this.#link
    const drain = steps?.drain
    const found: { holders?: readonly Holder[] } = {}
    const backlog = await this.#ask(`SELECT which are pending of ${transactions.join(' ')}`, (database) => {
      const { rows, holders } = database.look()
      const within = drain?.within === true
      steps?.note({ step: 'drain: looks at what is left undone', slot: slotOf(host), within, found })
      const pending = rows.filter(({ applied }) => !applied)
      return {
        holders,
        awaited: new Set(
          transactions.filter((number) => pending.some((row) => String(row.transaction) === number)),
        ),
        rows: pending.length,
        oldestMs: 0,
      }
    })
    if (drain?.over === false) found.holders = backlog.holders
    return backlog
  }

  sweep(): Promise<number> {
    return this.#ask('sweep', (database) => database.sweep())
  }

  async register(before?: string): Promise<string> {
    const { connection } = this
    const { steps, host } = this.#link
    const drain = steps?.begunDrain()
    let told: Registers | undefined
    const id = await this.#ask('register', (database) => {
      const id = database.register(connection, before)
      told = steps?.note({ step: 'holder: registers', slot: slotOf(host), id, before, learned: false })
      return id
    })
    if (told !== undefined && drain?.over === false) told.learned = true
    return id
  }

  retire(ids: readonly string[]): Promise<void> {
    return this.#ask(`retire ${ids.join(' ')}`, (database) => database.retire(ids))
  }

  remove(ids: readonly string[]): Promise<void> {
    const { steps, host } = this.#link
    return this.#ask(`remove ${ids.join(' ')}`, (database) => {
      steps?.note({ step: 'registry: rows are deleted', slot: slotOf(host), ids })
      database.remove(ids)
    })
  }

  get acknowledgements(): Acknowledgements {
    return this.connection.acknowledgements
  }

  tell(message: HolderMessage): Promise<void> {
    const { applied, wake } = message
    const about =
      applied === undefined
        ? ''
        : `${applied.holder} has applied what committed ${describe((applied.position as SimPosition).committed)}`
    return this.#ask(`NOTIFY ${about}${wake ? ' wake' : ''}`, (database) => database.notify(message))
  }

  onWake(wake: () => void): void {
    this.#wake = wake
  }

  async close(): Promise<void> {}

  /** A connection on which anything failed is given up. */
  async #ask<T>(label: string, done: (database: SimDatabase) => T): Promise<T> {
    const { connection } = this
    try {
      return await this.#link.ask(DRAIN, label, done)
    } catch (error) {
      if (this.#connection === connection) this.#reconnect()
      throw error
    }
  }

  #reconnect(): void {
    const { steps, host } = this.#link
    steps?.note({ step: 'log: an instance’s connection is lost', slot: slotOf(host) })
    this.#connection.close()
    this.#connection = this.#connect()
  }

  #connect(): Connection {
    const connection: Connection = new Connection(this.#link, ({ applied, wake }) => {
      if (applied !== undefined) connection.acknowledgements.hear(applied.holder, applied.position)
      if (wake) this.#wake()
    })
    return connection
  }
}

type Found = Extract<What, { readonly step: 'drain: looks at the log' }>['found']
type Registers = Extract<What, { readonly step: 'holder: registers' }>

/** Tells of those that are this instance's own. */
class Told extends Acknowledgements {
  readonly #link: DatabaseLink

  constructor(link: DatabaseLink) {
    super()
    this.#link = link
  }

  override add(holder: string, position: LogPosition): void {
    const { steps, host } = this.#link
    steps?.note({ step: 'drain: it is acknowledged', slot: slotOf(host), holder })
    super.add(holder, position)
  }

  hear(holder: string, position: LogPosition): void {
    super.add(holder, position)
  }
}

/** What the server sends over it of its own accord comes late, and not at all once it is closed. */
class Connection implements LogConnection {
  readonly madeAfter: number
  readonly acknowledgements: Told
  readonly #link: DatabaseLink
  readonly #hear: (message: HolderMessage) => void
  open = true

  constructor(link: DatabaseLink, hear: (message: HolderMessage) => void) {
    this.#link = link
    this.#hear = hear
    this.acknowledgements = new Told(link)
    this.madeAfter = link.crashes
    link.listen(this)
  }

  close(): void {
    this.open = false
  }

  deliver(message: HolderMessage): void {
    this.#link.notified(`NOTIFY ${message.applied?.holder ?? ''}${message.wake ? ' wake' : ''}`, () => {
      if (this.open) this.#hear(message)
    })
  }
}

function describe({ next, underWay }: Committed): string {
  return `below ${next}${underWay.size === 0 ? '' : ` but ${[...underWay].join(' ')}`}`
}
