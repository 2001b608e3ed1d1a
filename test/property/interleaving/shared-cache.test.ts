import { holdThePromise } from './hold.ts'
import { SHARED_CACHES } from './worlds.ts'

holdThePromise(
  'read-after-write with a shared cache',
  'test/property/interleaving/shared-cache.test.ts',
  SHARED_CACHES,
)
