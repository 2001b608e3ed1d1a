import { BASE, type Config } from './config.ts'
import { PROTOCOL, type Rules } from './rules.ts'

/** A protocol with one decision taken wrongly, named as in the simulation where it is there too, and the smallest surroundings found in which that shows. */
export interface Variant {
  readonly name: string
  readonly rules: Partial<Rules>
  readonly where: Partial<Config>
}

const CALM = { warm: true, evictions: false } as const
const CRASH = { ...CALM, crash: true } as const
/** Caches in memory alone. */
const HOLDERS = { ...CALM, lease: 0, kinds: ['private', 'private'], rows: 2 } as const
/** One such, and an instance without a cache that writes. */
const WRITER = { ...HOLDERS, kinds: ['private', 'none'], rows: 1 } as const
const DATABASE = { ...WRITER, databaseCrash: true } as const
const NEAR = { ...CALM, lease: 0, kinds: ['near'], instances: 1, rows: 1 } as const
/** Its memory, and the Redis behind it. */
const FINE_NEAR = {
  ...CALM,
  lease: 0,
  fine: true,
  kinds: ['front', 'behind'],
  instances: 2,
  rows: 1,
} as const
const NEARS = { ...NEAR, kinds: ['near', 'near'], instances: 2, rows: 2 } as const

export const VARIANTS: readonly Variant[] = [
  { name: 'observe after the load', rules: { observe: 'after load' }, where: { instances: 1 } },
  { name: 'no lease check', rules: { leaseChecked: 'never' }, where: CALM },
  {
    name: 'the lease checked after the cache was asked',
    rules: { leaseChecked: 'at the reply' },
    where: CALM,
  },
  { name: 'the lease stamped at the end of the drain', rules: { leaseSince: 'end' }, where: CALM },
  { name: 'the lease renewed without draining', rules: { leaseNeedsDrain: false }, where: CALM },
  { name: 'no wait without confirmation', rules: { waitBeyondLease: 'no wait' }, where: CALM },
  { name: 'a wait of L', rules: { waitBeyondLease: 0 }, where: CALM },
  { name: 'the wait counted from sending COMMIT', rules: { waitFrom: 'commit sent' }, where: CALM },
  { name: 'a new connection trusted at once', rules: { trust: 'at once' }, where: CRASH },
  { name: 'use during the replay', rules: { trust: 'during replay' }, where: CRASH },
  { name: 'replay of pending rows only', rules: { replay: 'pending' }, where: CRASH },
  { name: 'replay of applied rows only', rules: { replay: 'applied' }, where: CRASH },
  {
    name: 'rows selected before the connection was made',
    rules: { sessionFirst: false },
    where: { ...CRASH, losses: true, lease: 0 },
  },
  {
    name: 'a replica connected before its promotion',
    rules: { mastersOnly: false },
    where: { ...CRASH, losses: true, lease: 0 },
  },
  { name: 'rows marked before their tags are gone', rules: { deleteFirst: false }, where: CALM },
  { name: 'writes answered before their stamps are gone', rules: { confirmedBy: 'look' }, where: CALM },
  { name: 'a timed-out DEL taken as done', rules: { timeoutConfirms: true }, where: CALM },
  {
    name: 'other writers’ pending rows left alone',
    rules: { drainsAll: false },
    where: { ...CALM, writes: [true, false] },
  },
  { name: 'a stamp assumed instead of read back', rules: { stampReadBack: false }, where: { instances: 1 } },
  { name: 'a re-sent SET NX', rules: { sentOnce: false }, where: { instances: 1 } },
  { name: 'single flight keyed by key alone', rules: { flightsByFence: false }, where: { instances: 1 } },
  { name: 'a read moved to a new connection before its replay', rules: { movesReads: true }, where: CRASH },
  { name: 'counters that restart at 0', rules: { freshStamps: false }, where: { instances: 1 } },
  { name: 'holders read before the commit', rules: { holdersRead: 'before commit' }, where: HOLDERS },
  { name: 'no acknowledgements asked', rules: { acksAwaited: 'none' }, where: HOLDERS },
  { name: 'any one acknowledgement suffices', rules: { acksAwaited: 'any' }, where: HOLDERS },
  { name: 'own instance not waited for', rules: { ownListed: false }, where: HOLDERS },
  { name: 'acknowledged before the stamps are deleted', rules: { ackAfter: 'reading' }, where: HOLDERS },
  { name: 'an aborted drain acknowledged', rules: { abortedAcks: true }, where: HOLDERS },
  {
    name: 'an acknowledgement for rows committed after its snapshot',
    rules: { ackCovers: 'time of ack' },
    where: { ...WRITER, writes: [false, true] },
  },
  {
    name: 'acknowledged by watermark',
    rules: { ackCovers: 'watermark' },
    where: { ...WRITER, writes: [true, true] },
  },
  {
    name: 'an acknowledgement over another connection than the snapshot’s',
    rules: { ackConnection: 'any' },
    where: { ...DATABASE, writes: [true, true] },
  },
  {
    name: 'acknowledgements kept over a reconnect',
    rules: { acksOutliveConnection: true },
    where: DATABASE,
  },
  {
    name: 'a snapshot that outlives its connection',
    rules: { seenOutlivesConnection: true },
    where: DATABASE,
  },
  { name: 'an unlogged registry', rules: { registryLogged: false }, where: DATABASE },
  { name: 'a lease without a row of one’s own', rules: { leaseNeeds: 'nothing' }, where: WRITER },
  { name: 'a retired holder renews its lease', rules: { leaseNeeds: 'own row' }, where: WRITER },
  {
    name: 'registered after the first drain',
    rules: { registers: 'after its first drain' },
    where: WRITER,
  },
  { name: 'retired holders not waited for', rules: { retiredListed: false }, where: WRITER },
  { name: 'a retired row deleted at once', rules: { retiredBeyondLease: 'no time' }, where: WRITER },
  { name: 'a retired row deleted after L', rules: { retiredBeyondLease: 0 }, where: { ...WRITER, lease: 1 } },
  { name: 'leaving while the lease holds', rules: { leaves: 'in its lease' }, where: WRITER },
  { name: 'waiting L for a holder', rules: { waitBeyondLease: 0 }, where: { ...WRITER, lease: 1 } },
  { name: 'a holder’s lease from the drain’s end', rules: { leaseSince: 'end' }, where: WRITER },
  { name: 'a load under way not dropped', rules: { dropsLoads: false }, where: WRITER },
  { name: 'near: memory cleared before Redis', rules: { memoryDeleted: 'before Redis' }, where: NEAR },
  { name: 'near: Redis used after it did not confirm', rules: { unconfirmedBypasses: false }, where: NEAR },
  {
    name: 'near: kept under the stamps of the reply',
    rules: { promotes: 'under stamps of the reply' },
    where: NEAR,
  },
  { name: 'near: a write waits for Redis alone', rules: { writeWaitsFor: 'Redis' }, where: NEARS },
  { name: 'near: a write waits for holders alone', rules: { writeWaitsFor: 'holders' }, where: NEAR },
  {
    name: 'rows marked by a cache that has not asked Redis',
    rules: { marksNeedRedis: false },
    where: { ...WRITER, kinds: ['shared', 'private'] },
  },
  {
    name: 'in fine steps: near: a write waits for Redis alone',
    rules: { writeWaitsFor: 'Redis' },
    where: FINE_NEAR,
  },
  {
    name: 'in fine steps: L1 trusted without a check',
    rules: { l1Checked: false },
    where: { ...CALM, lease: 0, fine: true, kinds: ['tiered'], instances: 1 },
  },
  {
    name: 'in fine steps: rows marked before their tags are gone',
    rules: { deleteFirst: false },
    where: { ...CALM, lease: 0, fine: true },
  },
  {
    name: 'in fine steps: writes answered before their stamps are gone',
    rules: { confirmedBy: 'look' },
    where: { ...CALM, lease: 0, fine: true },
  },
  {
    name: 'in fine steps: the lease stamped at the end of the drain',
    rules: { leaseSince: 'end' },
    where: { ...CALM, lease: 0, fine: true },
  },
  {
    name: 'in fine steps: the lease renewed without draining',
    rules: { leaseNeedsDrain: false },
    where: { ...CALM, lease: 0, fine: true },
  },
]

/** Most need one read of a filled cache; those that start with an empty one need a second read to fill it. */
export function configure({ rules, where }: Variant): Config {
  return { ...BASE, reads: where.warm ? 1 : 2, ...where, rules: { ...PROTOCOL, ...rules } }
}
