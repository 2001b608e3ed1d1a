/**
 * The one judge of read-after-write, for the simulation, the model and chaos alike.
 *
 * Every value carries a version that its row increments under lock, so versions of one view are 1, 2, 3… in commit
 * order; 0 is what was there before. Times come from one monotonic clock, in any unit.
 */
export interface Operation {
  readonly kind: 'read' | 'write'
  readonly view: string
  /** What a read returned, or a write made; undefined when that is not known. */
  readonly version: number | undefined
  readonly invokedAt: number
  /** Undefined: no answer came. */
  readonly answeredAt: number | undefined
  /** The answer was a 2xx. Anything else leaves a write open for ever, and says nothing about a read. */
  readonly ok: boolean
  /** A read that was marked as not verified promises nothing. */
  readonly unverified?: boolean
}

export interface Violation {
  readonly rule: 'stale' | 'from-the-future' | 'made-twice'
  readonly operation: Operation
  readonly explanation: string
}

/**
 * Judges a history, per view in time order:
 * - a read's version is at least the greatest one of a write answered before the read was invoked (`stale`);
 * - no read sees a version whose write, or that of an older version that was answered, had not been invoked when the read
 *   was answered (`from-the-future`): versions are made one after the other;
 * - no two writes made the same version (`made-twice`): the history itself would be wrong.
 *
 * Not judged, because not promised: that two reads agree between a write's commit and its answer.
 * Linear after one sort.
 */
export function violationsOf(history: readonly Operation[]): Violation[] {
  const violations: Violation[] = []
  const views = new Map<string, ViewState>()
  for (const moment of momentsOf(history)) {
    const { operation } = moment
    let state = views.get(operation.view)
    if (state === undefined) {
      state = new ViewState()
      views.set(operation.view, state)
    }
    violations.push(...(moment.isAnswer ? state.answer(operation) : state.invoke(operation)))
  }
  return violations
}

class ViewState {
  /** The greatest version whose write has been answered. */
  #floor = 0
  readonly #floorOf = new Map<Operation, number>()
  readonly #invoked = new Set<number>()
  /** Some write was invoked of which it is unknown what it made. */
  #unknown = false
  /** Reads without a violation so far, of versions beyond the floor. */
  #newest: Operation[] = []

  invoke(operation: Operation): Violation[] {
    if (operation.kind === 'read') {
      this.#floorOf.set(operation, this.#floor)
      return []
    }
    const { version, ok, answeredAt } = operation
    if (version === undefined) {
      this.#unknown = true
      return []
    }
    if (this.#invoked.has(version)) {
      return [{ rule: 'made-twice', operation, explanation: `another write made version ${version} too` }]
    }
    this.#invoked.add(version)
    return ok && answeredAt !== undefined ? this.#tooNew(version) : []
  }

  answer(operation: Operation): Violation[] {
    const { kind, version, ok, unverified } = operation
    if (kind === 'write') {
      if (ok && version !== undefined) this.#floor = Math.max(this.#floor, version)
      return []
    }
    const floor = this.#floorOf.get(operation) ?? 0
    this.#floorOf.delete(operation)
    if (!ok || unverified || version === undefined) return []
    if (version < floor) {
      const explanation = `read version ${version}, though version ${floor} was answered before the read began`
      return [{ rule: 'stale', operation, explanation }]
    }
    if (version > 0 && !this.#invoked.has(version) && !this.#unknown) {
      const explanation = `read version ${version}, whose write had not been invoked`
      return [{ rule: 'from-the-future', operation, explanation }]
    }
    if (version > this.#floor) this.#newest.push(operation)
    return []
  }

  /** A write of this version begins, and is answered: a newer one could not be there to be read yet. */
  #tooNew(version: number): Violation[] {
    const [older, newer] = [[] as Operation[], [] as Operation[]]
    for (const read of this.#newest) (read.version! > version ? newer : older).push(read)
    // No later write makes an older version than one that has been answered.
    this.#newest = older.filter((read) => read.version! > this.#floor)
    return newer.map((operation) => ({
      rule: 'from-the-future',
      operation,
      explanation: `read version ${operation.version}, though the write of version ${version} had not been invoked`,
    }))
  }
}

interface Moment {
  readonly at: number
  readonly isAnswer: boolean
  readonly operation: Operation
}

/** Invocations and answers in time order. Of two at the same time neither was first, so invocations come before. */
function momentsOf(history: readonly Operation[]): Moment[] {
  const moments: Moment[] = []
  for (const operation of history) {
    moments.push({ at: operation.invokedAt, isAnswer: false, operation })
    if (operation.answeredAt !== undefined) {
      moments.push({ at: operation.answeredAt, isAnswer: true, operation })
    }
  }
  return moments.sort((a, b) => a.at - b.at || Number(a.isAnswer) - Number(b.isAnswer))
}
