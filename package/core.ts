/** The core over ports: what `openCache` is made of, for a database or a log of another kind. */
export { bound, deadlinesOf } from '../src/application/consistency/bound.ts'
export type { CallDeadlines } from '../src/application/consistency/bounded-cache.ts'
export { joinKey } from '../src/application/consistency/cache-key.ts'
export type { CacheCall, CacheObserver } from '../src/application/consistency/call-failures.ts'
export {
  CommitUnknown,
  type LoggingTransaction,
  type Snapshots,
  type Transactions,
} from '../src/application/consistency/ports/database.ts'
export {
  Acknowledgements,
  type Backlog,
  type Holder,
  type HolderMessage,
  InvalidationLog,
  type LogCursor,
  LogOverdue,
  type LogPiece,
  type LogPosition,
} from '../src/application/consistency/ports/invalidation-log.ts'
export { isDatabaseUnavailable, Unavailable } from '../src/application/consistency/ports/unavailable.ts'
export { Reading, type ReadStatus } from '../src/application/consistency/reading.ts'
export { rowsKeptMs, startRunning } from '../src/application/consistency/running.ts'
export { sharedSettingsOf } from '../src/application/consistency/shared-settings.ts'
export type { Recorded, WriteReport } from '../src/application/consistency/unit-of-work.ts'
export { type Found, rendered, type View } from '../src/application/consistency/view.ts'
export {
  type Consistency,
  type Observer,
  type Surroundings,
  wireConsistency,
} from '../src/application/consistency/wire.ts'
