import { ContainerModule } from 'inversify'
import { NullCache } from '../../adapters/cache/null-cache.ts'
import { CachePort } from '../../application/consistency/ports/cache-port.ts'

/** `CACHE=null`: every read is a load. */
export const nullCache = new ContainerModule(({ bind }) => {
  bind(CachePort)
    .toResolvedValue(() => new NullCache())
    .inSingletonScope()
})
