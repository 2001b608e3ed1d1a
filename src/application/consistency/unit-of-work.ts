import type { Clock } from './ports/clock.ts'
import { CommitUnknown, type LoggingTransaction, type Transactions } from './ports/database.ts'
import { Unavailable } from './ports/unavailable.ts'
import type { Confirmed, Logged, WriteConfirmation } from './write-confirmation.ts'

/** What a write records; which tags it invalidates, the unit of work is told. */
export interface Recorded {
  readonly type: string
}

/** What a write did, for operators. */
export interface WriteReport extends Confirmed {
  /** The types of the events, or `by-hand`. */
  readonly causes: readonly string[]
  readonly tags: readonly string[]
  /** How long the answer waited after the commit, in ms. */
  readonly waitedMs: number
}

/**
 * The only way to write. Its closure leaves exactly one place after the commit, and there the write waits until
 * no reader can get what it replaced. The log row is part of the same commit, so no crash between the two loses it.
 */
export class UnitOfWork<Tx extends LoggingTransaction, Event extends Recorded> {
  readonly #transactions: Transactions<Tx>
  readonly #tagsOf: (events: readonly Event[]) => readonly string[]
  readonly #confirmation: WriteConfirmation
  readonly #clock: Clock
  readonly #observe: (report: WriteReport) => void

  constructor(
    transactions: Transactions<Tx>,
    tagsOf: (events: readonly Event[]) => readonly string[],
    confirmation: WriteConfirmation,
    clock: Clock,
    observe: (report: WriteReport) => void,
  ) {
    this.#transactions = transactions
    this.#tagsOf = tagsOf
    this.#confirmation = confirmation
    this.#clock = clock
    this.#observe = observe
  }

  /**
   * Runs the work in one transaction; resolves with its result when the write may be answered (at most 1.02·L after
   * the commit). The work runs again after a deadlock, and when another write inserted first what it looked for and
   * did not find; so it keeps no state of its own.
   * @throws whatever the work throws (nothing is changed then); Unavailable `database-unavailable` when the database is
   * out of reach or the outcome of COMMIT is unknown.
   */
  run<T>(work: (tx: Tx, record: (event: Event) => void) => Promise<T>): Promise<T> {
    return this.#commit(async (tx) => {
      const events: Event[] = []
      const answer = await work(tx, (event) => events.push(event))
      return [
        answer,
        await log(
          tx,
          this.#tagsOf(events),
          events.map((event) => event.type),
        ),
      ]
    })
  }

  /** For operators: invalidates tags without changing data, by the same road as every write. */
  invalidate(tags: readonly string[]): Promise<void> {
    return this.#commit(async (tx) => [undefined, await log(tx, tags, ['by-hand'])])
  }

  async #commit<T>(work: (tx: Tx) => Promise<[T, Caused | undefined]>): Promise<T> {
    let logged: Caused | undefined
    try {
      const result = await this.#transactions.run(async (tx) => {
        logged = undefined
        const [answer, row] = await work(tx)
        logged = row
        return answer
      })
      const committedAt = this.#clock.monotonic()
      if (logged !== undefined) await this.#confirm(logged, committedAt)
      return result
    } catch (error) {
      if (!(error instanceof CommitUnknown)) throw error
      // It may have happened: invalidate as if it had, and tell the client that the outcome is unknown.
      if (logged !== undefined) await this.#confirm(logged, this.#clock.monotonic())
      throw new Unavailable('database-unavailable', {
        message: 'The outcome of the write is unknown',
        cause: error,
      })
    }
  }

  async #confirm(logged: Caused, committedAt: number): Promise<void> {
    const confirmed = await this.#confirmation.confirm(logged, committedAt)
    const waitedMs = this.#clock.monotonic() - committedAt
    this.#observe({ causes: logged.causes, tags: logged.tags, ...confirmed, waitedMs })
  }
}

interface Caused extends Logged {
  readonly causes: readonly string[]
}

async function log(
  tx: LoggingTransaction,
  tags: readonly string[],
  causes: readonly string[],
): Promise<Caused | undefined> {
  const distinct = [...new Set(tags)]
  return distinct.length === 0
    ? undefined
    : { transaction: await tx.logInvalidation(distinct), tags: distinct, causes }
}
