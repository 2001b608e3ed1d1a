export { NearCache } from '../src/application/consistency/near-cache.ts'
