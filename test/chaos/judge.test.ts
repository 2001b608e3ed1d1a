import { describe, expect, it } from 'vitest'
import { judge, OFTEN } from './random/judge.ts'
import type { Request } from './random/load.ts'
import { isGood } from './random/report.ts'

const HIT = 'marketflow; hit; ttl=60; detail=l2'

function write(name: string, from: number, to: number, more: Partial<Request> = {}): Request {
  const times = { invokedAt: from, endedAt: to, status: 200, cacheStatus: undefined }
  const names = new Map([['m', name]])
  return { kind: 'write', instance: 0, path: '/markets/m', ...times, names, ...more }
}

function read(name: string, from: number, to: number, more: Partial<Request> = {}): Request {
  const times = { invokedAt: from, endedAt: to, status: 200, cacheStatus: HIT }
  const names = new Map([['m', name]])
  return { kind: 'read', view: 'detail', instance: 0, path: '/markets/m', ...times, names, ...more }
}

const BYPASS = { cacheStatus: 'marketflow; fwd=bypass; detail=no-lease' }
const VERSIONS = new Map([
  ['rev0-0', 1],
  ['rev0-1', 2],
])
const WAITED = new Map([['lease-waited-out', 1]])

/** All that a run must have seen, and nothing wrong. */
const GOOD = [write('rev0-0', 1, 2), read('rev0-0', 3, 4), read('rev0-0', 5, 6, BYPASS)]

function verdict(requests: readonly Request[], confirmations = WAITED) {
  return judge({ requests, versions: VERSIONS, confirmations, faults: new Map() })
}

function bypassesOf(view: string, count: number): Request[] {
  return Array.from({ length: count }, () => read('rev0-0', 7, 8, { ...BYPASS, view }))
}

describe('the judge of a chaos run', () => {
  it('finds nothing wrong where nothing is', () => {
    expect(isGood(verdict(GOOD))).toBe(true)
  })

  it.each([
    ['a read of what was there before', read('first-0', 7, 8), 'stale'],
    ['a read of a name that was never committed', read('rev9-9', 7, 8), 'from-the-future'],
    ['a read that shows no name where there is one', read('', 7, 8), 'from-the-future'],
    ['a read before its write', read('rev0-1', 7, 8), 'from-the-future'],
  ])('finds %s', (_, request, rule) => {
    const found = verdict([...GOOD, request, write('rev0-1', 9, 10)])
    expect(found.violations.map((each) => each.rule)).toEqual([rule])
    expect(isGood(found)).toBe(false)
  })

  it('finds a write that was answered and never committed', () => {
    const found = verdict([...GOOD, write('rev0-2', 7, 8)])
    expect(found.lost).toHaveLength(1)
    expect(isGood(found)).toBe(false)
  })

  it.each([500, 404, 401])('excuses no %i', (status) => {
    const found = verdict([...GOOD, read('rev0-0', 7, 8, { status, names: new Map() })])
    expect(found.strange).toHaveLength(1)
    expect(isGood(found)).toBe(false)
  })

  it.each([503, undefined])('excuses %s', (status) => {
    expect(isGood(verdict([...GOOD, write('rev0-2', 7, 8, { status })]))).toBe(true)
  })

  it('expects no hit of a view that was hardly ever answered', () => {
    expect(isGood(verdict([...GOOD, ...bypassesOf('listing', OFTEN - 1)]))).toBe(true)
  })

  it.each([
    ['hits', GOOD.filter(({ cacheStatus }) => cacheStatus !== HIT), WAITED],
    ['bypasses', GOOD.slice(0, 2), WAITED],
    ['waits for a lease', GOOD, new Map()],
    ['hits on one of the views', [...GOOD, ...bypassesOf('listing', OFTEN)], WAITED],
  ])('calls a run empty that saw no %s', (_, requests, confirmations) => {
    const found = verdict(requests, confirmations)
    expect(found.violations).toEqual([])
    expect(found.emptiness).not.toEqual([])
    expect(isGood(found)).toBe(false)
  })
})
