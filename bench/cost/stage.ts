import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { RegisterAccount } from '../../src/application/accounts/register-account.ts'
import { CreateMarket } from '../../src/application/markets/create-market.ts'
import { GetMarket } from '../../src/application/markets/market-reads.ts'
import { UpdateMarket } from '../../src/application/markets/update-market.ts'
import { TokenIssuer, type Viewer } from '../../src/application/ports/token-issuer.ts'
import { readConfig } from '../../src/infrastructure/config/config.ts'
import { type Core, openCore } from '../../src/infrastructure/core.ts'
import { serviceOf } from '../../src/infrastructure/modules/use-cases.ts'
import { freshDatabase } from '../../test/support/postgres.ts'
import { startRedis } from '../../test/support/redis.ts'
import { redisVersion } from '../support/machine.ts'

/** One instance on servers of its own, with one active market. */
export interface Stage {
  readonly core: Core
  readonly leaseMs: number
  readonly marketId: string
  readonly organizer: Viewer
  /** The servers and their versions. */
  readonly servers: string
  close(): Promise<void>
}

export async function openStage(): Promise<Stage> {
  const database = await freshDatabase()
  const redis = await startRedis()
  const config = readConfig({
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    CACHE: 'redis',
    JWT_SECRET: 'a secret that only this benchmark uses',
  })
  const core = await openCore(config, pino({ level: 'silent' }))
  const organizer = await register(core)
  const marketId = await openMarket(core, organizer)
  await untilHit(core, marketId)
  return {
    core,
    leaseMs: config.leaseMs,
    marketId,
    organizer,
    servers: `${core.database.describe.split(' at ')[0]}, Redis ${await redisVersion(redis)}`,
    close: async () => {
      await core.close()
      await redis.stop()
      await database.drop()
    },
  }
}

async function register({ container }: Core): Promise<Viewer> {
  const { token } = await (await container.getAsync(serviceOf(RegisterAccount)))({
    email: 'rosa@example.org',
    password: 'a long enough password',
    name: 'Rosa Organizer',
    role: 'organizer',
  })
  return (await container.getAsync(TokenIssuer)).verify(token)
}

async function openMarket({ container }: Core, organizer: Viewer): Promise<string> {
  const created = await (await container.getAsync(serviceOf(CreateMarket)))(organizer.accountId, {
    name: 'Harbor Market',
    city: 'Lisbon',
    stallCount: 30,
  })
  await (await container.getAsync(serviceOf(UpdateMarket)))(created.id, { status: 'active' }, organizer)
  return created.id
}

/** The cache is used from the first lease on. */
async function untilHit({ container }: Core, marketId: string): Promise<void> {
  const getMarket = await container.getAsync(serviceOf(GetMarket))
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await getMarket({ id: marketId })).status.kind === 'hit') return
    await sleep(25)
  }
  throw new Error('The cache never answers')
}
