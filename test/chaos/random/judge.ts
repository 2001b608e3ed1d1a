import { type Operation, type Violation, violationsOf } from '../../property/checker.ts'
import type { History } from './chaos.ts'
import type { Request } from './load.ts'

export interface Verdict {
  readonly violations: readonly Violation[]
  /** Writes that were answered with 2xx and never committed. */
  readonly lost: readonly Request[]
  /** Answers that no fault excuses: neither a 2xx, nor 503, nor none at all. */
  readonly strange: readonly Request[]
  /** Why this run proves nothing, if so. */
  readonly emptiness: readonly string[]
  readonly figures: Figures
}

interface Figures {
  readonly reads: number
  readonly writes: number
  readonly answeredWrites: number
  /** How often which answer came that was not a 2xx; `none` where none came. */
  readonly failures: ReadonlyMap<string, number>
  readonly hits: number
  readonly misses: number
  readonly bypasses: number
  readonly unverified: number
  /** Verified hits that began within `SOON_MS` of an answered write to what they show. */
  readonly hitsSoon: number
  /** Writes that waited for a lease, because the cache did not confirm. */
  readonly slowWrites: number
  /** Of writes answered with 2xx, in ms. */
  readonly longestWriteMs: number
  /** Of any request, answered or not, in ms. */
  readonly longestRequestMs: number
}

export const SOON_MS = 250

/** So many answers of one view, and there has to be a hit among them. */
export const OFTEN = 100

/** An operation for the checker, with what helps to understand a violation. */
interface SeenOperation extends Operation {
  readonly instance: number
  readonly path: string
  readonly cacheStatus: string | undefined
}

export function judge({ requests, versions, confirmations }: History): Verdict {
  const operations = requests.flatMap((request) => operationsOf(request, versions))
  const violations = violationsOf(operations)
  const lost = requests.filter(
    (r) => r.kind === 'write' && isOk(r) && !versions.has([...r.names.values()][0]!),
  )
  const strange = requests.filter((r) => !isOk(r) && r.status !== undefined && r.status !== 503)
  const figures = figuresOf(requests, operations, confirmations)
  const emptiness: string[] = []
  if (figures.hitsSoon === 0) emptiness.push('no hit soon after an answered write')
  if (figures.slowWrites === 0) emptiness.push('no write that waited for a lease')
  if (figures.bypasses === 0) emptiness.push('no read that bypassed the cache')
  emptiness.push(...viewsWithoutHit(requests).map((view) => `no hit on the ${view}`))
  return { violations, lost, strange, emptiness, figures }
}

/** One per market that the request wrote or showed. A write that never committed made nothing: it is left out. */
function operationsOf(request: Request, versions: ReadonlyMap<string, number>): SeenOperation[] {
  const { kind, names, invokedAt, endedAt, status, instance, path, cacheStatus } = request
  const operations: SeenOperation[] = []
  for (const [view, name] of names) {
    const version = versions.get(name) ?? (name.startsWith('first-') ? 0 : undefined)
    if (kind === 'write' && version === undefined) continue
    operations.push({
      kind,
      view,
      // A name that was read and never committed is from no state of the database at all.
      version: version ?? Number.MAX_SAFE_INTEGER,
      invokedAt,
      answeredAt: status === undefined ? undefined : endedAt,
      ok: isOk(request),
      unverified: isUnverified(request),
      instance,
      path,
      cacheStatus,
    })
  }
  return operations
}

function figuresOf(
  requests: readonly Request[],
  operations: readonly SeenOperation[],
  confirmations: History['confirmations'],
): Figures {
  const reads = requests.filter(({ kind }) => kind === 'read')
  const writes = requests.filter(({ kind }) => kind === 'write')
  const answered = writes.filter(isOk)
  const waits = answered.map(durationOf)
  const having = (part: string) => reads.filter(({ cacheStatus }) => cacheStatus?.includes(part)).length
  return {
    reads: reads.length,
    writes: writes.length,
    answeredWrites: answered.length,
    failures: failuresOf(requests),
    hits: having('; hit; ttl'),
    misses: having('fwd=miss'),
    bypasses: having('fwd=bypass'),
    unverified: having('unverified'),
    hitsSoon: hitsSoon(operations),
    slowWrites: confirmations.get('lease-waited-out') ?? 0,
    longestWriteMs: longest(waits),
    longestRequestMs: longest(requests.map(durationOf)),
  }
}

/** A view that is answered often and never from the cache would be judged by nothing. */
function viewsWithoutHit(requests: readonly Request[]): string[] {
  const answered = new Map<string, { reads: number; hits: number }>()
  for (const { kind, view = '', status, cacheStatus } of requests) {
    if (kind !== 'read' || status !== 200) continue
    const { reads, hits } = answered.get(view) ?? { reads: 0, hits: 0 }
    answered.set(view, {
      reads: reads + 1,
      hits: hits + Number(cacheStatus?.includes('; hit; ttl') ?? false),
    })
  }
  return [...answered].filter(([, { reads, hits }]) => reads >= OFTEN && hits === 0).map(([view]) => view)
}

function failuresOf(requests: readonly Request[]): Map<string, number> {
  const failures = new Map<string, number>()
  for (const request of requests) {
    if (isOk(request)) continue
    const answer = String(request.status ?? 'none')
    failures.set(answer, (failures.get(answer) ?? 0) + 1)
  }
  return failures
}

function hitsSoon(operations: readonly SeenOperation[]): number {
  const moments = operations
    .filter(({ ok, unverified }) => ok && !unverified)
    .map((operation) => ({
      operation,
      at: operation.kind === 'write' ? operation.answeredAt! : operation.invokedAt,
    }))
    .sort((a, b) => a.at - b.at)
  const lastWrite = new Map<string, number>()
  // A listing shows several markets, and is one read.
  const reads = new Set<string>()
  for (const { operation, at } of moments) {
    if (operation.kind === 'write') lastWrite.set(operation.view, at)
    else if (operation.cacheStatus?.includes('; hit')) {
      if (at - (lastWrite.get(operation.view) ?? Number.NEGATIVE_INFINITY) <= SOON_MS) {
        reads.add(`${operation.path} ${at}`)
      }
    }
  }
  return reads.size
}

function isOk({ status }: Request): boolean {
  return status !== undefined && status >= 200 && status < 300
}

function isUnverified({ cacheStatus }: Request): boolean {
  return cacheStatus?.includes('unverified') ?? false
}

function durationOf({ invokedAt, endedAt }: Request): number {
  return endedAt - invokedAt
}

/** Of far more numbers than `Math.max` takes as arguments. */
function longest(times: readonly number[]): number {
  return times.reduce((a, b) => Math.max(a, b), 0)
}
