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
]

/** Most need one read of a filled cache; those that start with an empty one need a second read to fill it. */
export function configure({ rules, where }: Variant): Config {
  return { ...BASE, reads: where.warm ? 1 : 2, ...where, rules: { ...PROTOCOL, ...rules } }
}
