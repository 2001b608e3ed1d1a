import { type Operation, type Violation, violationsOf } from './checker.ts'

/** A call of an object that there is one of, as its client saw it. */
export interface Call<State> {
  readonly invokedAt: number
  /** Undefined: no answer came. It may take effect at any later time, or never. */
  readonly answeredAt: number | undefined
  /** The state after it; undefined where the object could not have answered so. */
  apply(state: State): State | undefined
}

/**
 * Whether there is an order in which the calls could have happened one after the other, none before it was invoked or
 * after it was answered: Wing and Gong's search (1993), which remembers the configurations that led nowhere (Lowe 2017).
 */
export function isLinearizable<State>(calls: readonly Call<State>[], initial: State): boolean {
  const seen = new Set<string>()

  function reaches(done: bigint, state: State): boolean {
    const left = calls.flatMap((call, i) =>
      (done >> BigInt(i)) & 1n ? [] : [{ call, bit: 1n << BigInt(i) }],
    )
    const answers = left.flatMap(({ call }) => call.answeredAt ?? [])
    if (answers.length === 0) return true
    const configuration = `${done} ${state}`
    if (seen.has(configuration)) return false
    seen.add(configuration)
    // Of two moments at the same time neither was first.
    const first = Math.min(...answers)
    return left.some(({ call, bit }) => {
      const next = call.invokedAt <= first ? call.apply(state) : undefined
      return next !== undefined && reaches(done | bit, next)
    })
  }

  return reaches(0n, initial)
}

/**
 * A second judge of read-after-write, beside `violationsOf` and without its reasoning: the reads that, each alone with
 * all writes of its view, could not have happened on one copy of the row. Two reads are never judged together: that they
 * agree between a write's commit and its answer is not promised.
 */
export function impossibleReads(history: readonly Operation[]): Operation[] {
  const writes = Map.groupBy(
    history.filter(({ kind }) => kind === 'write'),
    ({ view }) => view,
  )
  return history.filter((read) => {
    const { kind, view, version, answeredAt, ok, unverified } = read
    if (kind === 'write' || version === undefined || answeredAt === undefined || !ok || unverified)
      return false
    const calls = (writes.get(view) ?? []).map((write) => callOf(write, version))
    return !isLinearizable<number>(
      [...calls, { ...read, apply: (row) => (row === version ? row : undefined) }],
      0,
    )
  })
}

/**
 * What both judges find.
 * @throws Error where they do not agree on which reads were possible: one of them is wrong
 */
export function agreedViolations(history: readonly Operation[]): Violation[] {
  const violations = violationsOf(history)
  const first = new Set(violations.flatMap(({ operation }) => (operation.kind === 'read' ? operation : [])))
  const second = new Set(impossibleReads(history))
  const disputed = [...first.symmetricDifference(second)]
  if (disputed.length === 0) return violations
  throw new Error(`The judges do not agree on ${JSON.stringify(disputed)} in ${JSON.stringify(history)}`)
}

/** Versions are given out under the row's lock, so a row's version only grows. What is not known may be what was read. */
function callOf({ version, invokedAt, answeredAt, ok }: Operation, read: number): Call<number> {
  const made = version ?? read
  return {
    invokedAt,
    answeredAt: ok && version !== undefined ? answeredAt : undefined,
    apply: (row) => (made > row ? made : undefined),
  }
}
