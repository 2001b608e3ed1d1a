import type { State } from './state.ts'

/** Every step, and the code that it stands for; paths are from `src/application/consistency` unless they begin with `cache/`. */
export const STEPS = {
  'time passes': 'lease.ts Lease.ageMs, and every clock',
  'write: COMMIT is sent': 'unit-of-work.ts UnitOfWork.#commit',
  'write: COMMIT happens, with its row in the log': 'unit-of-work.ts log, in the same transaction',
  'write: its outcome stays unknown': 'unit-of-work.ts UnitOfWork.#commit: CommitUnknown',
  'write: COMMIT returns': 'unit-of-work.ts UnitOfWork.#commit: committedAt',
  'write: answered, its row was applied by another':
    'write-confirmation.ts #confirmShared: applied-by-another',
  'write: answered, every holder has acknowledged it':
    'drain.ts DrainRequest.invalidated, write-confirmation.ts WriteConfirmation.confirm',
  'write: answered, the lease is waited out': 'write-confirmation.ts #waitOut',
  'drain: begins': 'drain.ts Drain.run: Lease.now, session, #select, and DEL is sent',
  'drain: DEL is sent': 'drain.ts invalidateAll (variant)',
  'drain: Redis deletes the stamps': 'cache/master-connection.ts MasterConnection.deleteAndVerify',
  'drain: DEL is confirmed, the session trusted':
    'drain.ts Drain.run: TrustedSessions.trust; its writes are answered',
  'drain: rows are marked, the lease renewed': 'drain.ts Drain.run: markApplied, then Lease.renew',
  'drain: rows are marked before their stamps are gone': 'drain.ts Drain.run (variant)',
  'drain: Redis has not confirmed in time, and is bypassed':
    'drain.ts Drain.run, of a cache in memory in front of Redis',
  'drain: the stamps in memory are deleted, and it is acknowledged':
    'drain.ts Drain.run: invalidateAll, the acknowledgement, Lease.renew',
  'drain: the stamps in memory are deleted': 'drain.ts invalidateAll, of a cache in memory; Lease.renew',
  'drain: it is acknowledged': 'holders.ts Holders.acknowledge',
  'drain: looks at what is left undone': 'drain.ts Drain.#leftBy',
  'drain: given up': 'drain.ts Drain.run: catch',
  'drain: t0 is noted, the session taken': 'drain.ts Drain.run: Lease.now, CachePort.session',
  'drain: looks at the kept rows': 'drain.ts Drain.#caughtUp, its first piece',
  'drain: looks at the pending rows': 'drain.ts Drain.#applyNew, its first piece',
  'drain: looks again, and another has marked a row': 'drain.ts Drain.#pieces, a later piece',
  'drain: a mark is sent': 'drain.ts Drain.#applyNew: markApplied, after the piece is deleted',
  'drain: a row is marked': 'postgres-invalidation-log.ts markApplied',
  'drain: ends': 'drain.ts Drain.run: its outcome, whatever it is',
  'read: lookup is sent, under a lease, on a trusted session':
    'read-through.ts ReadThrough.read, lease.ts LeasePermit.assert',
  'read: loads before it observes': 'read-through.ts ReadThrough.#fill (variant)',
  'read: GET of the stamp is executed': 'cache/stamp-batch.ts StampBatch.#read',
  'read: lookup finds a hit': 'cache/redis-session.ts RedisSession.lookup, ports/cache-port.ts sameFence',
  'read: lookup finds a hit after an answered write': 'the same',
  'read: lookup finds no entry that counts': 'cache/redis-session.ts RedisSession.lookup',
  'read: lookup finds no stamp, SET NX and GET are sent': 'cache/stamp-batch.ts StampBatch',
  'read: reply arrives': 'read-through.ts ReadThrough.read (variant)',
  'read: SET NX is executed': 'cache/stamp-batch.ts StampBatch.#makeMissing',
  'read: SET NX and GET give the stamp': 'cache/master-connection.ts MasterConnection.makeStamps',
  'read: SET NX arrives late': 'the same, after its caller gave up',
  'read: loads': 'read-through.ts ReadThrough.#fill, #load',
  'read: joins a load under the same stamp': 'read-through.ts ReadThrough.#miss, flights.ts Flights.join',
  'read: SET of the entry is sent': 'read-through.ts ReadThrough.#store',
  'read: Redis stores the entry': 'cache/redis-session.ts RedisSession.store',
  'read: given up, or its command lost': 'cache/circuit-breaker.ts CircuitBreaker.run',
  'read: lookup in memory finds no entry that counts': 'cache/lru-cache.ts LruSession.lookup',
  'read: begins without the cache': 'read-through.ts ReadThrough.read',
  'read: loads without the cache': 'read-through.ts ReadThrough.#bypass, flights.ts Departures.join',
  'read: a hit in memory': 'the same',
  'read: a hit in memory after an answered write': 'cache/lru-cache.ts LruSession.lookup',
  'read: joins a load under the same stamp in memory': 'flights.ts Flights.join',
  'read: loads, for memory alone': 'read-through.ts ReadThrough.#fill, of a private cache or without Redis',
  'read: what Redis had is kept in memory':
    'ports/cache-port.ts CacheSession.lookup, of a cache in memory in front of Redis',
  'read: the entry is kept in memory alone': 'read-through.ts ReadThrough.#store',
  'holder: registers, its new row in the place of its old one': 'holders.ts Holders.register',
  'holder: registers, and never learns of it': 'the same, and the reply is lost',
  'holder: gives its lease up and leaves': 'holders.ts Holders.leave',
  'registry: a row is retired': 'holders.ts Holders.tidy',
  'registry: a retired row is deleted': 'the same',
  'registry: the row of a process that is gone is deleted':
    'holders.ts Holders.leave, Holders.register, sent before it was killed',
  'memory: emptied': 'cache/lru-cache.ts LruCache.reset',
  'session: made, with a master': 'cache/master-connection.ts MasterConnection.open',
  'session: lost': 'cache/kept-connection.ts KeptConnection.#run: ended',
  'log: an instance’s connection is lost': 'postgres-invalidation-log.ts',
  'log: applied rows are swept': 'postgres-invalidation-log.ts sweep',
  'PostgreSQL: crashes, and gives numbers out again': 'pg_ctl stop -m immediate',
  'instance: killed, and started again': 'kill -9',
  'Redis: evicts the stamp': 'maxmemory-policy, FLUSHALL, expiry',
  'Redis: evicts the entry': 'the same, and the TTL',
  'Redis: a read that is marked unverified makes the stamp': 'read-through.ts ReadThrough.#lastKnown',
  'Redis: is copied': 'a dump, or a replica that catches up',
  'Redis: comes back as its copy': 'restart from a dump, or fail-over to a replica that lags',
  'Redis: comes back with what it had': 'restart',
} as const

export type StepName = keyof typeof STEPS
/** `who`: the instance, the write or the read by its number; -1 for none. */
export type Emit = (step: StepName, who: number, next: State) => void
