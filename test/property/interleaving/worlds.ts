import { tooFewToJudge } from './budget.ts'
import type { Coverage } from './simulation/coverage.ts'
import type { OwnCache } from './simulation/own-cache.ts'
import { type FaultKind, holds, isOnCluster, isOnRedis, ownOf, type WorldOptions } from './simulation/plan.ts'

/** A kind of world that has to keep the promise, whatever the order. */
export interface SafeWorld {
  readonly name: string
  readonly options: WorldOptions
}

const shared = (name: string, options: Partial<WorldOptions>): SafeWorld => ({
  name,
  options: { cache: 'redis', instances: 2, faults: true, ...options },
})

export const SHARED_CACHES: readonly SafeWorld[] = [
  shared('two instances on one Redis, nothing breaks', { faults: false }),
  shared('one instance on Redis, everything breaks', { instances: 1 }),
  shared('two instances on one Redis, everything breaks', {}),
  shared('three instances on one Redis, everything breaks', { instances: 3 }),
  shared('one instance with L1 over Redis, everything breaks', { cache: 'tiered', instances: 1 }),
  shared('two instances with L1 over one Redis, everything breaks', { cache: 'tiered' }),
  shared('three instances with L1 over one Redis, everything breaks', { cache: 'tiered', instances: 3 }),
  shared('one instance on a Redis Cluster, everything breaks', { cache: 'cluster', instances: 1 }),
  shared('two instances on a Redis Cluster, everything breaks', { cache: 'cluster' }),
  shared('three instances on a Redis Cluster, everything breaks', { cache: 'cluster', instances: 3 }),
  shared('two instances with L1 over a Redis Cluster, everything breaks', { cache: 'tiered cluster' }),
  shared('two instances without a cache, everything breaks', { cache: 'null' }),
]

const own = (name: string, options: Partial<WorldOptions>): SafeWorld => ({
  name,
  options: { cache: 'lru', instances: 2, faults: true, ...options },
})

export const PRIVATE_CACHES: readonly SafeWorld[] = [
  own('one instance alone, everything breaks', { instances: 1 }),
  own('two instances, nothing breaks', { faults: false }),
  own('two instances, everything breaks', {}),
  own('three instances, everything breaks', { instances: 3 }),
  own('one near cache over Redis, everything breaks', { cache: 'near', instances: 1 }),
  own('two near caches over one Redis, nothing breaks', { cache: 'near', faults: false }),
  own('two near caches over one Redis, everything breaks', { cache: 'near' }),
  own('three near caches over one Redis, everything breaks', { cache: 'near', instances: 3 }),
  own('two near caches over a Redis Cluster, everything breaks', { cache: 'near cluster' }),
  own('two near caches beside one with L1 over one Redis, everything breaks', {
    cache: 'near',
    instances: 3,
    odd: 'tiered',
  }),
]

/** The worlds of an adapter of one's own. @throws TypeError for a shared one without a server */
export function worldsOf(cache: OwnCache): readonly SafeWorld[] {
  if (cache.reach === 'shared' && cache.server === undefined)
    throw new TypeError(`${cache.name} is shared, so its \`server\` is needed: what it is when it is empty`)
  const world = (name: string, options: Partial<WorldOptions>): SafeWorld => ({
    name,
    options: { cache, instances: 2, faults: true, ...options },
  })
  return [
    world('two instances, nothing breaks', { faults: false }),
    world('one instance, everything breaks', { instances: 1 }),
    world('two instances, everything breaks', {}),
    world('three instances, everything breaks', { instances: 3 }),
  ]
}

const ANYWHERE: readonly FaultKind['kind'][] = ['kill', 'suspend', 'cut', 'reset']
const IN_REDIS: readonly FaultKind['kind'][] = [...ANYWHERE, 'evict', 'flush', 'fill', 'restart', 'fail-over']

function faultsOf(options: WorldOptions): readonly FaultKind['kind'][] {
  const anywhere = isOnRedis(options) ? IN_REDIS : ANYWHERE
  const server = ownOf(options)?.server
  return [
    ...anywhere,
    ...(server === undefined ? [] : (['flush', 'restart'] as const)),
    ...(server?.evict === undefined ? [] : (['evict'] as const)),
    ...(isOnCluster(options) ? (['move'] as const) : []),
    ...(holds(options) ? (['leave', 'retire', 'crash'] as const) : []),
    ...(holds(options) && !isOnRedis(options) ? (['sweep'] as const) : []),
  ]
}

/** What a run must have seen to prove anything, and has not. */
export function unseen({ options }: SafeWorld, coverage: Coverage): string[] {
  const { schedules, bypasses, confirmations, faults } = coverage
  // A replay of one seed sees what it sees.
  if (tooFewToJudge(schedules)) return []
  const often: [what: string, count: number | undefined][] = [['answers 304', coverage.notModified]]
  const sometimes: [what: string, count: number | undefined][] = []
  if (options.cache === 'null') {
    often.push(['bypasses', bypasses.get('no-cache')])
  } else {
    often.push(
      ['hits soon after an answered write', coverage.hitsSoonAfterWrite * 2],
      ['misses', coverage.misses],
    )
    sometimes.push(['bypasses without a lease', bypasses.get('no-lease')])
  }
  if (options.cache === 'lru') {
    often.push(['writes answered', confirmations.get('invalidated')])
    if (options.faults)
      sometimes.push(['writes that waited for the lease', confirmations.get('lease-waited-out')])
  } else if (isOnRedis(options) || options.cache === 'null') {
    often.push(['writes answered after their invalidation', confirmations.get('invalidated')])
    sometimes.push(['writes that waited for the lease', confirmations.get('lease-waited-out')])
  } else {
    often.push(['writes answered', [...confirmations.values()].reduce((sum, count) => sum + count, 0)])
  }
  // A near cache whose Redis is gone does not bypass what it has in memory.
  if (isOnRedis(options) && !holds(options)) {
    sometimes.push(
      ['bypasses of a Redis that is slow', bypasses.get('timeout')],
      ['bypasses of a Redis that is gone', bypasses.get('unreachable')],
    )
  }
  if (isOnRedis(options)) {
    if (options.instances > 1) {
      sometimes.push(['writes that another applied', confirmations.get('applied-by-another')])
    }
  }
  if (options.faults) {
    sometimes.push(['requests that failed', coverage.failed])
    if (isOnRedis(options)) sometimes.push(['reads marked as unverified', coverage.unverified])
    for (const kind of faultsOf(options)) sometimes.push([`faults: ${kind}`, faults.get(kind)])
  }
  return [
    ...often.filter(([, count = 0]) => count <= schedules).map(([what]) => `too few ${what}`),
    ...sometimes.filter(([, count = 0]) => count === 0).map(([what]) => `no ${what}`),
  ]
}
