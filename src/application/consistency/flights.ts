/**
 * Single flight: callers with the same name share one run of the work. What the name holds decides who may join:
 * a load is named by key *and* observed stamps, so a read that starts after an invalidation never joins a load that
 * began before it. A failing run fails only those who waited for it, and frees the name.
 */
export class Flights<T> {
  readonly #flights = new Map<string, Promise<T>>()

  get size(): number {
    return this.#flights.size
  }

  /** The run under way. */
  under(name: string): Promise<T> | undefined {
    return this.#flights.get(name)
  }

  join(name: string, work: () => Promise<T>): Promise<T> {
    const under = this.#flights.get(name)
    if (under !== undefined) return under
    const flight = work().finally(() => this.#flights.delete(name))
    this.#flights.set(name, flight)
    return flight
  }
}

/**
 * Departures: callers share only a run that has *not started yet*. For reads that bypass the cache: without a stamp
 * nothing tells whether a load that is already running began before the last write.
 */
export class Departures<T> {
  readonly #waiting = new Map<string, Promise<T>>()

  /** `queue` runs the function it is given when it is this run's turn. */
  join(name: string, queue: (run: () => Promise<T>) => Promise<T>, work: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(name)
    if (waiting !== undefined) return waiting
    let departed = false
    const departure = queue(() => {
      departed = true
      this.#waiting.delete(name)
      return work()
    })
    // A load that started synchronously cannot be joined; one that the full queue refused never starts, and frees the name.
    if (departed) return departure
    this.#waiting.set(name, departure)
    departure.catch(() => {
      if (this.#waiting.get(name) === departure) this.#waiting.delete(name)
    })
    return departure
  }
}
