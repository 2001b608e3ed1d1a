/** What every adapter has to hold, as tests. They need vitest and fast-check. */
export { type CacheTraits, cacheContract, type Stalled } from '../test/contract/cache-contract.ts'
