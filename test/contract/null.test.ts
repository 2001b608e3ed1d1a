import { NullCache } from '../../src/adapters/cache/null-cache.ts'
import { cacheContract } from './cache-contract.ts'

cacheContract('null', () => new NullCache(), { shared: false, remembers: false })
