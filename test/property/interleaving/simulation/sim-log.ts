import {
  type Backlog,
  InvalidationLog,
  type LogPiece,
} from '../../../../src/application/consistency/ports/invalidation-log.ts'
import {
  byTransaction,
  type Committed,
  type DatabaseLink,
  DRAIN,
  type LogLook,
  type LogRow,
  type SimDatabase,
} from './sim-database.ts'

/** A snapshot of the server's, and the connection that it was taken on. */
export interface SimPosition {
  readonly connection: object
  readonly committed: Committed
  readonly sweeps: number
}

export type SimCursor = Pick<LogRow, 'transaction' | 'id'>

/** Rows of a piece: so few that most walks have several. */
const PIECE_ROWS = 1

export class SimLog extends InvalidationLog {
  readonly #link: DatabaseLink
  #connection: { readonly madeAfter: number }

  constructor(link: DatabaseLink) {
    super()
    this.#link = link
    this.#connection = { madeAfter: link.crashes }
  }

  /** A new one once the old one is gone. */
  get connection(): object {
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
  ): Promise<Omit<LogLook, 'committed' | 'sweeps'> & { readonly position: SimPosition }> {
    const { connection } = this
    const known = since?.connection === connection ? since.committed : undefined
    const { rows, missed, sweeps, committed } = await this.#ask(
      known === undefined ? `SELECT ${kind} rows` : `SELECT ${kind} rows not committed ${describe(known)}`,
      (database) => database.look(known),
    )
    return {
      rows: kind === 'kept' ? rows : rows.filter(({ applied }) => !applied),
      missed: missed || (since !== undefined && known === undefined && since.sweeps !== sweeps),
      position: { connection, committed, sweeps },
    }
  }

  #piece(
    kind: 'pending' | 'kept',
    { rows, missed, position }: Awaited<ReturnType<SimLog['look']>>,
    after: SimCursor = { transaction: 0, id: '0' },
  ): LogPiece {
    const found = rows.filter((row) => byTransaction(row, after) > 0)
    const piece = found.slice(0, PIECE_ROWS)
    return {
      tags: [...new Set(piece.flatMap(({ tags }) => tags))],
      pending: piece.filter(({ applied }) => !applied).map(({ id }) => id),
      next: piece.length < found.length ? piece.at(-1) : undefined,
      position,
      missed: kind === 'kept' && missed,
    }
  }

  knows(position: SimPosition): boolean {
    return position.connection === this.connection
  }

  markApplied(ids: readonly string[]): Promise<void> {
    return this.#ask(`mark ${ids.join(' ')}`, (database) => database.markApplied(ids))
  }

  backlog(ids: readonly string[]): Promise<Backlog> {
    return this.#ask(`SELECT which are pending of ${ids.join(' ')}`, (database) => {
      const pending = database.look().rows.filter(({ applied }) => !applied)
      return {
        awaited: new Set(ids.filter((id) => pending.some((row) => row.id === id))),
        rows: pending.length,
        oldestMs: 0,
      }
    })
  }

  sweep(): Promise<number> {
    return this.#ask('sweep', (database) => database.sweep())
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
    this.#connection = { madeAfter: this.#link.crashes }
  }
}

function describe({ next, underWay }: Committed): string {
  return `below ${next}${underWay.size === 0 ? '' : ` but ${[...underWay].join(' ')}`}`
}
