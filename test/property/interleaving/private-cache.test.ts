import { holdThePromise } from './hold.ts'
import { PRIVATE_CACHES } from './worlds.ts'

holdThePromise(
  'read-after-write with a cache in each process',
  'test/property/interleaving/private-cache.test.ts',
  PRIVATE_CACHES,
)
