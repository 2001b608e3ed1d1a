import { SystemClock } from '../../src/adapters/system/system-clock.ts'
import { SystemRandom } from '../../src/adapters/system/system-random.ts'
import { CachePort } from '../../src/application/consistency/ports/cache-port.ts'
import { run } from '../../src/infrastructure/run.ts'
import { FileCache } from '../contract/examples/file-cache.ts'

// In the place of bin/main.ts: the environment, workers and exit codes are as they are there, and signals from here on.
await run({
  overrides: [
    async (container) => {
      const binding = await container.rebind(CachePort)
      binding.toConstantValue(new FileCache(process.env.PAGES!, new SystemClock(), new SystemRandom()))
    },
  ],
})
