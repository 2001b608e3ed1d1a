import { Drain } from '../../../src/application/consistency/drain.ts'
import { Lease } from '../../../src/application/consistency/lease.ts'
import { WAIT_PER_LEASE, WriteConfirmation } from '../../../src/application/consistency/write-confirmation.ts'
import { type ConfirmationContext, LEASE_MS, type Parts } from '../interleaving/simulation/instance.ts'
import type { WorldOptions } from '../interleaving/simulation/plan.ts'
import { comparesWithLastAnswer } from './broken/conditional-answers.ts'
import { checksL1WithAnswerUnderWay } from './broken/l1-under-way.ts'
import * as lease from './broken/lease-and-wait.ts'
import { LOADS_IN_TRANSACTION } from './broken/load-in-transaction.ts'
import * as drains from './broken/open-drain.ts'
import * as privateDrains from './broken/open-private-drain.ts'
import * as reads from './broken/open-read-through.ts'
import * as sessions from './broken/open-session.ts'
import * as resent from './broken/re-sent.ts'
import { replacesConnections } from './broken/replaced-connection.ts'

/** A way to be wrong: the parts that it puts in the place of production's. */
export interface Variant {
  readonly name: string
  readonly parts: Partial<Parts>
  readonly world: WorldOptions
}

const twoOnRedis: WorldOptions = { cache: 'redis', instances: 2, alone: false, faults: true }
const quiet: WorldOptions = { ...twoOnRedis, faults: false }
const connections: WorldOptions = { ...twoOnRedis, theme: 'connections' }
const cluster: WorldOptions = { ...twoOnRedis, cache: 'cluster' }
const stalls: WorldOptions = { cache: 'lru', instances: 2, alone: false, faults: true, theme: 'stalls' }
const twoPrivate: WorldOptions = { cache: 'lru', instances: 2, alone: false, faults: true }

const session = (build: NonNullable<Parts['cache']['session']>): Partial<Parts> => ({
  cache: { session: build },
})

/** A wait of so many leases. */
const waits =
  (leases: number) =>
  ({ cache, loop, clock, leaseMs, alone }: ConfirmationContext) =>
    new WriteConfirmation(cache, loop, clock, (leaseMs * leases) / WAIT_PER_LEASE, alone)

const variant = (name: string, parts: Partial<Parts>, world = twoOnRedis): Variant => ({ name, parts, world })

/** The copies that the variants are made from, unbroken: what catches one of these would catch anything. */
export const CONTROLS: readonly Variant[] = [
  variant('the open drain', { drain: (context) => new drains.OpenDrain(context) }),
  variant(
    'the open drain of a private cache',
    { drain: (context) => new privateDrains.OpenPrivateDrain(context) },
    twoPrivate,
  ),
  variant('the open read-through', { readThrough: (context) => new reads.OpenReadThrough(context) }),
  // Connections that answer in order forgive it: the reply to the lookup comes before the one to any later drain, which
  // asks every server, and only a drain's reply can renew the lease. The model, without that order, does not forgive it.
  variant('the lease checked after the cache was asked, on one connection', {
    readThrough: (context) => new reads.ChecksLeaseAfterAsking(context),
  }),
  variant(
    'the lease checked after the cache was asked, on a cluster',
    { readThrough: (context) => new reads.ChecksLeaseAfterAsking(context) },
    cluster,
  ),
  variant(
    'the open session',
    session((connection, context) => new sessions.OpenSession(connection, context)),
  ),
  // What is wrong with counters is only that they begin again.
  variant(
    'counters, while none is lost',
    session((connection, context) => new sessions.CountsFromZero(connection, context)),
    quiet,
  ),
  variant(
    'an entry stored twice, the second time late',
    session((connection, context) => new resent.StoresTwice(connection, context)),
  ),
]

export const FENCE: readonly Variant[] = [
  variant(
    'store without stamps',
    session((connection, context) => new sessions.StoresWithoutStamps(connection, context)),
    quiet,
  ),
  variant(
    'observe after the load',
    { readThrough: (context) => new reads.ObservesAfterLoad(context) },
    quiet,
  ),
  variant(
    'invalidate before the commit',
    {
      transactions: (link, cache) => new lease.InvalidatesBeforeCommit(link, cache),
      confirmation: ({ cache, loop, clock, leaseMs, alone }) =>
        new lease.AnswersAtOnce(cache, loop, clock, leaseMs, alone),
    },
    quiet,
  ),
  variant(
    'a load from an older snapshot',
    { readThrough: (context) => new reads.LoadsFromOlderSnapshot(context) },
    quiet,
  ),
  variant(
    'a lookup that was asked before the read began',
    session((connection, context) => new sessions.JoinsLookupUnderWay(connection, context)),
    quiet,
  ),
  variant('no invalidation', { drain: (context) => new drains.NoInvalidation(context) }, quiet),
  variant(
    'delete by key instead of stamp',
    session((connection, context) => new sessions.DeletesByKey(connection, context)),
    quiet,
  ),
  variant(
    'counters that restart at 0',
    session((connection, context) => new sessions.CountsFromZero(connection, context)),
  ),
  variant(
    'stamps from the clock',
    session((connection, context) => new sessions.StampsFromClock(connection, context)),
  ),
  variant(
    'a missing stamp taken as a match',
    session((connection, context) => new sessions.MissingStampMatches(connection, context)),
    quiet,
  ),
  variant(
    'a stamp assumed instead of read back',
    session((connection, context) => new sessions.AssumesStamp(connection, context)),
  ),
  variant('single flight keyed by key alone', {
    readThrough: (context) => new reads.FlightsByKeyAlone(context),
  }),
  variant('a bypassing read joins a load already running', {
    readThrough: (context) => new reads.BypassJoinsRunningLoad(context),
  }),
  variant(
    'L1 trusted without a check',
    session((connection, context) => new sessions.TrustsL1(connection, context)),
    quiet,
  ),
  variant('L1 checked with an answer asked for before the read began', session(checksL1WithAnswerUnderWay), {
    ...twoOnRedis,
    cache: 'tiered',
    theme: 'stalls',
  }),
  variant(
    'promotion to L1 with the wrong stamps',
    session((connection, context) => new sessions.PromotesUnderWrongStamps(connection, context)),
    quiet,
  ),
  variant('a load inside a write transaction', LOADS_IN_TRANSACTION, quiet),
  variant(
    'an entry served past its TTL without matching stamps',
    { readThrough: (context) => new reads.ServesPastTtl(context) },
    quiet,
  ),
  variant('a 304 for a version that is not the one read', { answer: comparesWithLastAnswer }, quiet),
  variant(
    'a stamp-carrying command re-sent over the next connection',
    session((connection, context, access) => new resent.ResendsOnNextConnection(connection, context, access)),
    connections,
  ),
  variant(
    'a re-sent SET NX',
    session((connection, context) => new resent.RetriesSetNx(connection, context)),
  ),
]

export const LOG_AND_LEASE: readonly Variant[] = [
  variant('no wait without confirmation', { confirmation: (context) => new lease.NeverWaits(context) }),
  variant('a wait of 0.9 L', { confirmation: waits(0.9) }, twoPrivate),
  variant('a wait of L', { confirmation: waits(1) }, stalls),
  variant(
    'the wait counted from sending COMMIT',
    {
      confirmation: (context) => new lease.CountsFromSendingCommit(context),
    },
    stalls,
  ),
  variant(
    'the lease stamped at the end of the drain',
    {
      lease: (clock) => new lease.StampedAtTheEnd(clock, LEASE_MS),
    },
    stalls,
  ),
  variant('no lease check', { gate: lease.gateWithoutLease }, twoPrivate),
  variant(
    'the lease renewed without draining',
    {
      drain: (context) => new drains.RenewsWithoutDraining(context),
    },
    twoPrivate,
  ),
  variant(
    'the lease ended by a timer',
    { lease: (clock) => new lease.EndedByTimer(clock, LEASE_MS) },
    twoPrivate,
  ),
  variant(
    'the lease aged by the monotonic clock alone',
    {
      lease: (clock) => new lease.MonotonicOnly(clock, LEASE_MS),
    },
    twoPrivate,
  ),
  variant('a lease of 1.05 L', { lease: (clock) => new Lease(clock, 1.05 * LEASE_MS) }, twoPrivate),
  variant('rows marked before their tags are gone', { drain: (context) => new drains.MarksFirst(context) }),
  variant('a timed-out DEL taken as done', { drain: (context) => new drains.TimeoutIsDone(context) }),
  variant('SKIP LOCKED', { drain: (context) => new drains.SkipsLocked(context) }),
  variant('a watermark', { drain: (context) => new drains.Watermark(context) }, quiet),
  variant('the log row outside the transaction', {
    transactions: (link) => new lease.LogsOutsideTheTransaction(link),
  }),
  variant('other writers’ pending rows left alone', { drain: (context) => new drains.OwnRowsOnly(context) }),
]

export const CONNECTIONS: readonly Variant[] = [
  variant(
    'a new connection trusted at once',
    { trusted: () => new lease.TrustsEveryConnection() },
    connections,
  ),
  variant(
    'replay of pending rows only',
    { drain: (context) => new drains.ReplaysPendingOnly(context) },
    connections,
  ),
  variant(
    'replay of applied rows only',
    { drain: (context) => new drains.ReplaysAppliedOnly(context) },
    connections,
  ),
  variant(
    'rows selected before the connection was made',
    {
      drain: (context) => new drains.SelectsBeforeConnecting(context),
    },
    connections,
  ),
  variant(
    'use during the replay',
    { drain: (context) => new drains.TrustsBeforeReplay(context) },
    connections,
  ),
  variant(
    'a read moved to a new connection before its replay',
    {
      readThrough: (context) => new reads.MovesToNewConnection(context),
    },
    connections,
  ),
]

/** What only several servers can show. */
export const CLUSTER: readonly Variant[] = [
  variant(
    'one node’s connection made anew within the session',
    { cache: { connecting: replacesConnections } },
    { ...cluster, theme: 'connections' },
  ),
]

export const PRIVATE: readonly Variant[] = [
  variant(
    'rows that another has marked are skipped',
    {
      drain: ({ cache, log, trusted, lease: held }) => new Drain(cache, log, trusted, held, true),
    },
    twoPrivate,
  ),
  variant(
    'a drain of one’s own taken as confirmation',
    { confirmation: lease.confirmationAsIfShared },
    twoPrivate,
  ),
  variant(
    'no gap check after a sweep',
    { drain: (context) => new privateDrains.NoGapCheck(context) },
    twoPrivate,
  ),
  variant(
    'a watermark of ids in a private cache',
    { drain: (context) => new privateDrains.IdWatermark(context) },
    twoPrivate,
  ),
  variant(
    'a watermark of transactions',
    { drain: (context) => new privateDrains.ForgetsWhatIsUnderWay(context) },
    twoPrivate,
  ),
  variant(
    'the snapshot taken after the rows',
    { drain: (context) => new privateDrains.SnapshotAfterRows(context) },
    twoPrivate,
  ),
  variant(
    'a snapshot that outlives its connection',
    { drain: (context) => new privateDrains.SnapshotOutlivesConnection(context) },
    twoPrivate,
  ),
]

/** Production's own code, deployed as README says it must not be. */
export const DEPLOYMENTS: readonly Variant[] = [
  variant('SINGLE_INSTANCE with two', {}, { ...twoPrivate, alone: true }),
  variant('CACHE=lru beside CACHE=redis', {}, { ...twoOnRedis, odd: 'lru' }),
  variant('CACHE=null beside CACHE=redis', {}, { ...twoOnRedis, odd: 'null' }),
]

export const EVERY_VARIANT: readonly Variant[] = [
  ...FENCE,
  ...LOG_AND_LEASE,
  ...CONNECTIONS,
  ...CLUSTER,
  ...PRIVATE,
  ...DEPLOYMENTS,
]
