import type { Server } from './network.ts'
import type { OwnCache, OwnServer } from './own-cache.ts'
import type { Prng } from './prng.ts'
import type { Mode } from './scheduler.ts'

/** What kind of world a suite looks at. */
export interface WorldOptions {
  readonly cache:
    | 'redis'
    | 'tiered'
    | 'near'
    | 'cluster'
    | 'tiered cluster'
    | 'near cluster'
    | 'lru'
    | 'null'
    | OwnCache
  readonly instances: 1 | 2 | 3
  readonly faults: boolean
  /** What the first instance runs on instead. */
  readonly odd?: 'lru' | 'null' | 'tiered'
  /** Only plans of this theme; otherwise half of the plans have one or the other. */
  readonly theme?: Theme
  /** Many views, and as many clients, so that drains find rows of several transactions; otherwise one or two views. */
  readonly crowded?: true
}

export function isOnRedis({ cache }: Pick<WorldOptions, 'cache'>): boolean {
  return cache === 'redis' || cache === 'tiered' || cache === 'near' || isOnCluster({ cache })
}

/** Whether its instances serve hits from their own memory, unchecked. */
export function holds({ cache }: Pick<WorldOptions, 'cache'>): boolean {
  return typeof cache === 'object' ? cache.reach === 'private' : cache === 'lru' || cache.startsWith('near')
}

export function ownOf({ cache }: Pick<WorldOptions, 'cache'>): OwnCache | undefined {
  return typeof cache === 'object' ? cache : undefined
}

export function isOnCluster({ cache }: Pick<WorldOptions, 'cache'>): boolean {
  return typeof cache === 'string' && cache.endsWith('cluster')
}

/** Several faults that belong together: drains that stall, a connection that changes, or holders that others give up. */
type Theme = 'stalls' | 'connections' | 'holders'

/** One request. */
export interface Request {
  readonly kind: 'read' | 'write'
  readonly view: string
  readonly slot: number
  /** How long its client thinks before, in true ms. */
  readonly thinkMs: number
}

export type FaultKind =
  | { readonly kind: 'kill'; readonly slot: number }
  /** It is stopped as by SIGTERM, and another takes its place. */
  | { readonly kind: 'leave'; readonly slot: number }
  | { readonly kind: 'suspend'; readonly slot: number }
  | { readonly kind: 'cut'; readonly slot: number; readonly server: Server }
  | { readonly kind: 'reset'; readonly slot: number }
  | { readonly kind: 'evict' }
  | { readonly kind: 'flush' }
  | { readonly kind: 'fill' }
  | { readonly kind: 'restart'; readonly data: 'nothing' | 'dump' | 'everything' }
  | { readonly kind: 'fail-over'; readonly old: 'dead' | 'demoted' }
  | { readonly kind: 'sweep' }
  /** As by an instance that heard nothing of a holder for a lease. */
  | { readonly kind: 'retire' }
  /** PostgreSQL crashes, and is up again at once. */
  | { readonly kind: 'crash' }
  /** A slot of a cluster goes to another node. */
  | { readonly kind: 'move' }

/** A fault begins at a step, and ends (an instance comes back, a cut heals) at a later one. */
export type Fault = FaultKind & { readonly from: number; readonly until: number }

interface HostPlan {
  readonly rate: number
  readonly offsetMs: number
  readonly stopsMonotonic: boolean
}

/** Everything of a schedule but the order in which things happen. */
export interface Plan {
  readonly options: WorldOptions
  readonly mode: Mode
  readonly tickChance: number
  readonly lossChance: number
  readonly hosts: readonly HostPlan[]
  readonly clients: readonly (readonly Request[])[]
  readonly faults: readonly Fault[]
  /** Steps before the first request: instances mostly have a lease by then. */
  readonly startsAt: number
}

/** Two clocks differ by less than 1 % of each other. */
const FASTEST = 1.0045
const SLOWEST = 1 / FASTEST

export function makePlan(random: Prng, options: WorldOptions): Plan {
  const views = viewsOf(random, options)
  const slots = Array.from({ length: options.instances }, (_, slot) => slot)
  const request = (): Request => ({
    kind: random.chance(0.35) ? 'write' : 'read',
    view: random.pick(views),
    slot: random.pick(slots),
    thinkMs: random.chance(0.5) ? 0 : random.pick([20, 200, 1000]) * random.fraction(),
  })
  const faults = options.faults ? makeFaults(random, options) : []
  return {
    options,
    mode: random.chance(0.5) ? 'pct' : 'uniform',
    tickChance: random.pick([0.01, 0.03, 0.1]),
    lossChance: options.faults && random.chance(0.3) ? 0.08 : 0,
    hosts: slots.map(() => ({
      rate: random.pick([SLOWEST, 1, FASTEST]),
      offsetMs: random.below(5000),
      stopsMonotonic: random.chance(0.5),
    })),
    clients: Array.from({ length: (options.crowded ? views.length : 2) + random.below(3) }, () =>
      Array.from({ length: 3 + random.below(5) }, request),
    ),
    faults,
    startsAt: random.chance(0.8) ? 30 * options.instances : 0,
  }
}

/** The views that its clients ask for. */
export function viewsIn({ clients }: Plan): readonly string[] {
  return [...new Set(clients.flat().map(({ view }) => view))]
}

function viewsOf(random: Prng, { crowded, theme }: WorldOptions): readonly string[] {
  if (crowded) return ['a', 'b', 'c', 'd']
  return theme === 'connections' || random.chance(0.5) ? ['a'] : ['a', 'b']
}

/** Deep bugs need several faults of one kind: half of the plans have a theme. */
function makeFaults(random: Prng, options: WorldOptions): Fault[] {
  const slot = random.below(options.instances)
  const theme =
    options.theme ??
    random.pick([
      'stalls',
      holds(options) && !isOnRedis(options) ? 'holders' : 'connections',
      undefined,
      undefined,
    ])
  if (theme === 'stalls') {
    const stalls = Array.from({ length: 2 + random.below(2) }, () => ({
      ...spanWithin(random, 120),
      kind: 'cut' as const,
      slot,
      server: 'log' as const,
    }))
    return random.chance(0.5) ? stalls : [...stalls, makeFault(random, options)]
  }
  if (theme === 'holders') {
    const given = (['retire', 'crash', 'retire'] as const).map((kind) => ({
      ...spanWithin(random, 60),
      kind,
    }))
    const stall = { ...spanWithin(random, 120), kind: 'cut' as const, slot, server: 'log' as const }
    return [...given.slice(random.below(3)), ...(random.chance(0.7) ? [stall] : [])]
  }
  const comesBackOld = isOnRedis(options) || ownOf(options)?.server?.copy !== undefined
  if (theme === 'connections' && comesBackOld) {
    const older =
      isOnRedis(options) && random.chance(0.7)
        ? { kind: 'fail-over' as const, old: random.pick(['dead', 'demoted'] as const) }
        : { kind: 'restart' as const, data: 'dump' as const }
    const span = spanWithin(random, 1)
    // A drain that spans the moment at which the connection changes.
    const stall = { kind: 'cut' as const, slot, server: 'log' as const }
    const stalled = {
      ...stall,
      from: span.from - 20 - random.below(80),
      until: span.from + 20 + random.below(80),
    }
    // And no other instance that replays the log first.
    const other = { kind: 'suspend' as const, slot: (slot + 1) % options.instances }
    const absent = { ...other, from: span.from - random.below(15), until: span.from + 20 + random.below(80) }
    const others = Array.from({ length: random.below(2) }, () => makeFault(random, options))
    return [
      { ...span, ...older },
      ...(random.chance(0.8) ? [stalled] : []),
      ...(random.chance(0.4) ? [absent] : []),
      ...others,
    ]
  }
  return Array.from({ length: random.below(5) }, () => makeFault(random, options))
}

/** Steps from one random point to another, at most `longest` later. */
function spanWithin(random: Prng, longest: number): { readonly from: number; readonly until: number } {
  const from = 20 + random.below(160)
  return { from, until: from + 5 + random.below(longest) }
}

function makeFault(random: Prng, options: WorldOptions): Fault {
  const slot = random.below(options.instances)
  const span = spanWithin(random, 120)
  const common: FaultKind[] = [
    { kind: 'kill', slot },
    { kind: 'suspend', slot },
    { kind: 'cut', slot, server: 'database' },
    { kind: 'cut', slot, server: 'log' },
    { kind: 'cut', slot, server: 'log' },
    { kind: 'reset', slot },
  ]
  const shared: FaultKind[] = [
    { kind: 'cut', slot, server: 'redis' },
    { kind: 'cut', slot, server: 'redis' },
    { kind: 'evict' },
    { kind: 'flush' },
    { kind: 'fill' },
    { kind: 'restart', data: random.pick(['nothing', 'dump', 'dump', 'everything']) },
    { kind: 'fail-over', old: random.pick(['dead', 'demoted']) },
    { kind: 'fail-over', old: random.pick(['dead', 'demoted']) },
  ]
  return { ...random.pick([...common, ...particular(options.cache, slot, shared)]), ...span }
}

function particular(
  cache: WorldOptions['cache'],
  slot: number,
  shared: readonly FaultKind[],
): readonly FaultKind[] {
  const server = ownOf({ cache })?.server
  if (server !== undefined) return ofOwnServer(slot, server)
  const moves: FaultKind[] = isOnCluster({ cache })
    ? [{ kind: 'move' }, { kind: 'move' }, { kind: 'move' }]
    : []
  if (holds({ cache })) {
    const own: FaultKind[] = [{ kind: 'leave', slot }, { kind: 'retire' }, { kind: 'crash' }]
    // A Redis that comes back with an older copy is safe since rows are kept for longer than any entry lives, and so for
    // longer than a schedule. Memory does not rely on that: it is emptied when a row was swept that it has not applied.
    return isOnRedis({ cache })
      ? [...own, ...shared, ...moves]
      : [...own, { kind: 'sweep' }, { kind: 'sweep' }]
  }
  return isOnRedis({ cache }) ? [...shared, ...moves] : []
}

function ofOwnServer(slot: number, { evict, copy }: OwnServer): readonly FaultKind[] {
  return [
    { kind: 'cut', slot, server: 'cache' },
    { kind: 'cut', slot, server: 'cache' },
    { kind: 'flush' },
    { kind: 'restart', data: 'nothing' },
    { kind: 'restart', data: 'everything' },
    ...(evict === undefined ? [] : [{ kind: 'evict' as const }]),
    ...(copy === undefined ? [] : [{ kind: 'restart' as const, data: 'dump' as const }]),
  ]
}

export function describeFault(fault: Fault): string {
  const { kind, from: _from, until: _until, ...rest } = fault
  return [kind, ...Object.values(rest)].join(' ')
}
