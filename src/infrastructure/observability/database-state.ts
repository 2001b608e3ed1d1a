import type { Logger } from 'pino'
import {
  aboutCause,
  type DatabaseUse,
  type FailureCause,
  type ObserveDatabase,
} from '../../adapters/postgres/failure-cause.ts'
import type { Clock } from '../../application/consistency/ports/clock.ts'
import { ChangesOfState } from './changes-of-state.ts'

/** How long a failure counts that no use has followed, in ms: with every read a hit, and no writes, none may. */
const REMEMBERED_MS = 60_000

/** In the order in which their failures matter most. */
const USES: readonly DatabaseUse[] = ['log', 'writes', 'loads']

/** Whether PostgreSQL serves this instance, and if not, why: for the log, the metrics, and operators. */
export class DatabaseState {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #changes: ChangesOfState<FailureCause>
  readonly #failures = new Map<DatabaseUse, { readonly cause: FailureCause; readonly at: number }>()

  constructor(clock: Pick<Clock, 'monotonic'>, logger: Pick<Logger, 'error' | 'info'>) {
    this.#clock = clock
    this.#changes = new ChangesOfState(clock, ({ state, detail, failures }) => {
      if (state === undefined) logger.info('PostgreSQL serves again')
      else logger.error({ cause: state, failures, err: detail }, aboutCause(state).says)
    })
  }

  /** How often each use has failed since the start, and why. */
  readonly counts = new Map<
    string,
    { readonly use: DatabaseUse; readonly cause: FailureCause; count: number }
  >()

  /** What is wrong now; undefined: nothing. */
  get cause(): FailureCause | undefined {
    const now = this.#clock.monotonic()
    return USES.map((use) => this.#failures.get(use)).find(
      (failure, i) => failure !== undefined && (i === 0 || now - failure.at < REMEMBERED_MS),
    )?.cause
  }

  readonly observe: ObserveDatabase = (use, cause, error) => {
    if (cause !== undefined) {
      this.#failures.set(use, { cause, at: this.#clock.monotonic() })
      this.#count(use, cause)
    } else if (this.#failures.size > 0) {
      this.#failures.delete(use)
      if (use === 'log') this.#forgetThatItWasAway()
    }
    // Without failures this is all that a use costs.
    const now = this.#failures.size === 0 ? undefined : this.cause
    this.#changes.observe(now, error)
  }

  #count(use: DatabaseUse, cause: FailureCause): void {
    const key = `${use} ${cause}`
    const counted = this.counts.get(key) ?? { use, cause, count: 0 }
    counted.count += 1
    this.counts.set(key, counted)
  }

  /** A drain was answered, so the server is there again: only what it itself refused still counts. */
  #forgetThatItWasAway(): void {
    for (const [use, { cause }] of this.#failures) {
      if (aboutCause(cause).answered !== true) this.#failures.delete(use)
    }
  }
}
