import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Operation, type Violation, violationsOf } from './checker.ts'
import { impossibleReads, isLinearizable } from './linearizability.ts'

const write = (
  version: number | undefined,
  invokedAt: number,
  answeredAt?: number,
  ok = true,
): Operation => ({
  kind: 'write',
  view: 'v',
  version,
  invokedAt,
  answeredAt,
  ok: answeredAt !== undefined && ok,
})

const read = (version: number, invokedAt: number, answeredAt: number, unverified = false): Operation => ({
  kind: 'read',
  view: 'v',
  version,
  invokedAt,
  answeredAt,
  ok: true,
  unverified,
})

const rules = (history: readonly Operation[]) => violationsOf(history).map(({ rule }) => rule)

describe('the checker', () => {
  test('a read that began after the answer and returns older data is stale', () => {
    expect(rules([write(1, 1, 2), read(0, 3, 4)])).toEqual(['stale'])
  })

  test('a read that began before the answer may return either', () => {
    expect(rules([write(1, 1, 3), read(0, 2, 5), read(1, 2, 5)])).toEqual([])
  })

  test('between a commit and its answer two reads need not agree', () => {
    expect(rules([write(1, 1, 9), read(1, 2, 3), read(0, 4, 5)])).toEqual([])
  })

  test('the greatest answered version counts, not the last answered one', () => {
    expect(rules([write(1, 1, 6), write(2, 2, 3), read(1, 7, 8)])).toEqual(['stale'])
  })

  test('a write without a 2xx stays open for ever: it may be seen, and need not be', () => {
    expect(rules([write(1, 1), read(1, 5, 6), read(0, 7, 8)])).toEqual([])
    expect(rules([write(1, 1, 2, false), read(0, 3, 4), read(1, 5, 6)])).toEqual([])
  })

  test('a version that no write had begun to make comes from the future', () => {
    expect(rules([read(1, 1, 2), write(1, 3, 4)])).toEqual(['from-the-future'])
    expect(rules([read(7, 1, 2)])).toEqual(['from-the-future'])
  })

  test('a version whose predecessor no write had begun to make comes from the future', () => {
    expect(rules([write(2, 1), read(2, 2, 3), write(1, 4, 5)])).toEqual(['from-the-future'])
    expect(rules([write(2, 1), read(2, 2, 3), write(1, 4)])).toEqual([])
  })

  test('a write of which it is unknown what it made may have made any version', () => {
    expect(rules([write(undefined, 1), read(1, 2, 3)])).toEqual([])
  })

  test('what is marked as unverified promises nothing', () => {
    expect(rules([write(1, 1, 2), read(0, 3, 4, true)])).toEqual([])
  })

  test('views do not speak for each other', () => {
    expect(rules([write(1, 1, 2), { ...read(0, 3, 4), view: 'w' }])).toEqual([])
  })

  test('of two moments at the same time neither was first', () => {
    expect(rules([write(1, 1, 2), read(0, 2, 3)])).toEqual([])
    expect(rules([read(1, 1, 2), write(1, 2, 3)])).toEqual([])
  })

  test('two writes that made the same version make the history itself wrong', () => {
    expect(rules([write(1, 1, 2), write(1, 3, 4)])).toEqual(['made-twice'])
  })

  test('agrees with the definition, spelt out pair by pair', () => {
    fc.assert(
      fc.property(histories.map(inOrder), (history) => {
        expect(sorted(violationsOf(history))).toEqual(sorted(byDefinition(history)))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the second judge', () => {
  test('agrees with the checker on every history that one row could have written', () => {
    fc.assert(
      fc.property(histories, (history) => {
        // Of a write that made one knows not what, the second judge knows less.
        const known = history.filter(({ kind, version }) => kind === 'read' || version !== undefined)
        const possible = inOrder(known)
        const impossible = new Set(impossibleReads(possible))
        expect(impossible).toEqual(new Set(violationsOf(possible).map(({ operation }) => operation)))
      }),
      { numRuns: 2000 },
    )
  })

  test('finds an order where there is one, and says so where there is none', () => {
    const set = (value: number, invokedAt: number, answeredAt?: number) => ({
      invokedAt,
      answeredAt,
      apply: () => value,
    })
    const get = (value: number, invokedAt: number, answeredAt: number) => ({
      invokedAt,
      answeredAt,
      apply: (state: number) => (state === value ? state : undefined),
    })
    expect(isLinearizable([set(1, 1, 6), set(2, 2, 7), get(2, 3, 4), get(1, 5, 6)], 0)).toBe(true)
    // The same, but the first get of a later set's value ended before the second began, which went back.
    expect(isLinearizable([set(1, 1, 2), set(2, 3, 7), get(2, 4, 5), get(1, 6, 7)], 0)).toBe(false)
    expect(isLinearizable([set(1, 1), get(0, 2, 3), get(1, 4, 5), get(0, 6, 7)], 0)).toBe(false)
    expect(isLinearizable([set(1, 1), get(0, 2, 3), get(0, 4, 5)], 0)).toBe(true)
  })
})

/** What a row's lock lets happen: of two writes, one that ended before the other began made the older version. */
function inOrder(history: readonly Operation[]): Operation[] {
  const ended = ({ ok, answeredAt = Number.POSITIVE_INFINITY }: Operation) =>
    ok ? answeredAt : Number.POSITIVE_INFINITY
  const isNewer = (other: Operation, { view, version }: Operation) =>
    other.kind === 'write' &&
    other.view === view &&
    (other.version ?? 0) > (version ?? Number.POSITIVE_INFINITY)
  return history.filter(
    (write) =>
      write.kind === 'read' ||
      !history.some((other) => isNewer(other, write) && ended(other) < write.invokedAt),
  )
}

const operations = fc
  .record({
    kind: fc.constantFrom('read' as const, 'write' as const),
    view: fc.constantFrom('v', 'w'),
    version: fc.option(fc.nat(5), { nil: undefined, freq: 6 }),
    invokedAt: fc.nat(20),
    lasts: fc.option(fc.nat(8), { nil: undefined, freq: 4 }),
    ok: fc.boolean(),
    unverified: fc.boolean(),
  })
  .map(({ lasts, ...operation }) => ({
    ...operation,
    answeredAt: lasts === undefined ? undefined : operation.invokedAt + lasts,
  }))

const histories = fc
  .array(operations, { maxLength: 14 })
  // Versions are made under lock, each once: that rule has its own test.
  .map((history) => {
    const seen = new Set<string>()
    return history.filter(({ kind, view, version }) => {
      if (kind === 'read' || version === undefined) return true
      const name = `${view} ${version}`
      return version > 0 && !seen.has(name) && seen.add(name)
    })
  })

/** The rules of `violationsOf` as its docstring words them, in quadratic time. */
function byDefinition(history: readonly Operation[]): Pick<Violation, 'rule' | 'operation'>[] {
  return history.flatMap((operation): Pick<Violation, 'rule' | 'operation'>[] => {
    const { kind, view, version, invokedAt, answeredAt, ok, unverified } = operation
    if (kind === 'write' || answeredAt === undefined || !ok || unverified || version === undefined) return []
    const writes = history.filter((other) => other.kind === 'write' && other.view === view)
    const older = writes.some(
      (other) =>
        other.ok &&
        other.answeredAt !== undefined &&
        other.answeredAt < invokedAt &&
        (other.version ?? 0) > version,
    )
    if (older) return [{ rule: 'stale' as const, operation }]
    const known =
      version === 0 ||
      writes.some(
        (other) =>
          other.invokedAt <= answeredAt && (other.version === version || other.version === undefined),
      )
    // Made one after the other: an older one that was answered was at least begun.
    const skipped = writes.some(
      (other) =>
        other.ok &&
        other.answeredAt !== undefined &&
        (other.version ?? version) < version &&
        other.invokedAt > answeredAt,
    )
    return known && !skipped ? [] : [{ rule: 'from-the-future' as const, operation }]
  })
}

function sorted(violations: readonly Pick<Violation, 'rule' | 'operation'>[]): string[] {
  return violations.map(({ rule, operation }) => `${rule} ${JSON.stringify(operation)}`).sort()
}
