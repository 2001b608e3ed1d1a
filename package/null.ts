export { NullCache } from '../src/adapters/cache/null-cache.ts'
