import {
  InvalidationLog,
  type KeptRows,
  type LoggedInvalidation,
} from '../../../../src/application/consistency/ports/invalidation-log.ts'
import { type Committed, type DatabaseLink, DRAIN, type SimDatabase } from './sim-database.ts'

/** A snapshot of the server's, and the connection that it was taken on. */
export interface SimPosition {
  readonly connection: object
  readonly committed: Committed
}

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

  pending(): Promise<readonly LoggedInvalidation[]> {
    return this.#ask('SELECT pending rows', (database) => database.pending())
  }

  async kept(since?: SimPosition): Promise<KeptRows> {
    const { connection } = this
    const known = since?.connection === connection ? since.committed : undefined
    const { committed, ...answer } = await this.#ask(
      known === undefined ? 'SELECT kept rows' : `SELECT rows not committed ${describeCommitted(known)}`,
      (database) => database.kept(known),
    )
    const position: SimPosition = { connection, committed }
    return { ...answer, position }
  }

  markApplied(ids: readonly string[]): Promise<void> {
    return this.#ask(`mark ${ids.join(' ')}`, (database) => database.markApplied(ids))
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

function describeCommitted({ next, underWay }: Committed): string {
  return `below ${next}${underWay.size === 0 ? '' : ` but ${[...underWay].join(' ')}`}`
}
