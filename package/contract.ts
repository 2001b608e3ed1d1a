/** What every adapter has to hold, as tests. They need vitest and fast-check. */
export {
  BrokenRule,
  brokenRules,
  type CacheTraits,
  cacheContract,
  type Outage,
} from '../test/contract/cache-contract.ts'
export { checkModel, type ModelTraits, modelContract } from '../test/contract/model-contract.ts'
export { ManualClock } from '../test/contract/sources.ts'
