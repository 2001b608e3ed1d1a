/** What an adapter implements, and what it is made with. */
export { SystemClock } from '../src/adapters/system/system-clock.ts'
export { SystemRandom } from '../src/adapters/system/system-random.ts'
export {
  type CacheHealth,
  CachePort,
  type CacheProblem,
  CacheSession,
  CacheUnusable,
  type Entry,
  type Fence,
  type Inspection,
  type Lookup,
  Permit,
  problemOf,
  sameFence,
} from '../src/application/consistency/ports/cache-port.ts'
export { Clock } from '../src/application/consistency/ports/clock.ts'
export { Random } from '../src/application/consistency/ports/random.ts'
