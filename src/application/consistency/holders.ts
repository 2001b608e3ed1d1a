import { type Lease, WAIT_PER_LEASE } from './lease.ts'
import type { Acknowledgements, Holder, InvalidationLog, LogPosition } from './ports/invalidation-log.ts'

/** Why the others are told of a drain. */
interface Occasion {
  /** It found rows, or another instance's write waits for what it says. */
  readonly news: boolean
  /** A write of this instance waits for what they say. */
  readonly wake: boolean
}

/**
 * This instance and the others on the list of holders (Gray and Cheriton 1989: a write needs the approval of every
 * holder, or the end of its lease). An id is of one connection of the log, as are the acknowledgements under it.
 */
export class Holders {
  readonly #log: InvalidationLog
  readonly #lease: Lease
  #own: { readonly id: string; readonly over: Acknowledgements | undefined } | undefined
  /** When this instance learned that they are retired, in monotonic ms. */
  #retired = new Map<string, number>()

  constructor(log: InvalidationLog, lease: Lease) {
    this.#log = log
    this.#lease = lease
  }

  /** Before the log is read: what a write that has not found this holder on the list has logged, is in the log by then. */
  async register(): Promise<void> {
    const over = this.#log.acknowledgements
    if (this.#own?.over !== over) this.#own = { id: await this.#log.register(this.#own?.id), over }
  }

  /** Whether this instance was on the list at a look after t0. If not, no lease may be renewed, and it registers anew. */
  isOn(list: readonly Holder[]): boolean {
    const on = list.some(({ id, retired }) => id === this.#own?.id && !retired)
    if (!on && this.#own !== undefined) this.#own = { id: this.#own.id, over: undefined }
    return on
  }

  /**
   * The stamps of all rows that the position sees are gone from this instance's memory. Said over the connection that
   * the position is of, or not at all. A list of this instance alone needs no message.
   */
  async acknowledge(position: LogPosition, list: readonly Holder[], occasion: Occasion): Promise<void> {
    const { id: holder } = this.#own!
    if (!this.#log.knows(position)) return
    this.#log.acknowledgements.add(holder, position)
    if (list.length > 1 && (occasion.news || occasion.wake))
      await this.#log.tell({ applied: { holder, position }, wake: occasion.wake })
  }

  /** For an instance that is none itself, or not at this moment: a write of it waits for the list. */
  async wake(list: readonly Holder[]): Promise<void> {
    if (list.some(({ retired }) => !retired)) await this.#log.tell({ wake: true })
  }

  /**
   * Retires those that have died, and takes those off the list that this instance has known as retired for longer than
   * any lease: one that was renewed before they were has ended by then.
   */
  async tidy(list: readonly Holder[]): Promise<void> {
    const retired = list.filter((holder) => holder.retired).map(({ id }) => id)
    if (retired.length > 0) await this.#removeEnded(retired)
    const dead = list.filter((holder) => !holder.retired && !holder.connected).map(({ id }) => id)
    if (dead.length > 0) await this.#log.retire(dead)
  }

  async #removeEnded(retired: readonly string[]): Promise<void> {
    const now = this.#lease.now().monotonic
    this.#retired = new Map(retired.map((id) => [id, this.#retired.get(id) ?? now]))
    const ended = retired.filter((id) => now - this.#retired.get(id)! > WAIT_PER_LEASE * this.#lease.lengthMs)
    if (ended.length > 0) await this.#log.remove(ended)
  }

  /** The lease first: once it is off the list, no write waits for it. */
  async leave(): Promise<void> {
    this.#lease.end()
    if (this.#own !== undefined) await this.#log.remove([this.#own.id])
  }
}
