export { LruCache, type LruCacheOptions } from '../src/adapters/cache/lru-cache.ts'
