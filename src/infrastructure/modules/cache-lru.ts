import { ContainerModule } from 'inversify'
import { LruCache } from '../../adapters/cache/lru-cache.ts'
import { CachePort } from '../../application/consistency/ports/cache-port.ts'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { Random } from '../../application/consistency/ports/random.ts'
import type { Config } from '../config/config.ts'

/** `CACHE=lru`: entries and stamps in this process. */
export const lruCache = ({ cacheMaxBytes }: Config) =>
  new ContainerModule(({ bind }) => {
    bind(CachePort)
      .toResolvedValue(
        (clock, random) => new LruCache({ maxBytes: cacheMaxBytes }, clock, random),
        [Clock, Random],
      )
      .inSingletonScope()
  })
