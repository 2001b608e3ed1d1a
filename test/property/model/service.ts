import { pino } from 'pino'
import { DrainLoop } from '../../../src/application/consistency/drain-loop.ts'
import { CachePort } from '../../../src/application/consistency/ports/cache-port.ts'
import { Clock } from '../../../src/application/consistency/ports/clock.ts'
import { Snapshots } from '../../../src/application/ports/view-queries.ts'
import { Reads, Writes } from '../../../src/application/tables/reads-and-writes.ts'
import { readConfig } from '../../../src/infrastructure/config/config.ts'
import { type Override, openCore } from '../../../src/infrastructure/core.ts'

/** Long: an instance that a busy machine has halted loses no hit to it. Less than what passes at once in a script. */
const LEASE_MS = 15_000

/** One instance of the service without its ways in, assembled by the production code. */
export interface Instance {
  readonly reads: Reads
  readonly writes: Writes
  readonly snapshots: Snapshots
  readonly cache: CachePort
  /** Drains once more, so that the cache may be used again as soon as it can be. */
  drain(): Promise<void>
  close(): Promise<void>
}

export async function openInstance(
  env: Readonly<Record<string, string>>,
  clock: Clock,
  overrides: readonly Override[] = [],
): Promise<Instance> {
  const config = readConfig({
    LEASE_MS: String(LEASE_MS),
    JWT_SECRET: 'a secret that every test instance shares',
    // A slow machine should wait for its Redis here: what is tested is what the cache answers.
    REDIS_TIMEOUT_MS: '1000',
    ...env,
  })
  const withClock: Override = async (core) => {
    await core.unbind(Clock)
    core.bind(Clock).toConstantValue(clock)
  }
  const { container, close } = await openCore(config, pino({ level: 'silent' }), [withClock, ...overrides])
  const loop = await container.getAsync(DrainLoop)
  return {
    reads: await container.getAsync(Reads),
    writes: await container.getAsync(Writes),
    snapshots: await container.getAsync(Snapshots),
    cache: await container.getAsync(CachePort),
    drain: async () => {
      await loop.next()
    },
    close: async () => {
      await close()
    },
  }
}
