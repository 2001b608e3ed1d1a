import { pino } from 'pino'
import { RegisterAccount } from '../../src/application/accounts/register-account.ts'
import { CreateMarket } from '../../src/application/markets/create-market.ts'
import { TokenIssuer } from '../../src/application/ports/token-issuer.ts'
import { Snapshots, type ViewQueries } from '../../src/application/ports/view-queries.ts'
import { readConfig } from '../../src/infrastructure/config/config.ts'
import { type Core, openCore } from '../../src/infrastructure/core.ts'
import { serviceOf } from '../../src/infrastructure/modules/use-cases.ts'
import { freshDatabase } from '../../test/support/postgres.ts'
import { startRedis } from '../../test/support/redis.ts'
import { DatabaseCopies } from '../support/database-copies.ts'
import { redisVersion } from '../support/machine.ts'

/** A Redis, and databases with one market that is written. */
export interface World {
  readonly redisUrl: string
  readonly marketId: string
  readonly servers: string
  /** Without a cache: whose writes the others make. */
  readonly bare: Core
  /** An instance of the service without its ways in, on a database of its own; its loads ask nothing of it. */
  open(env: Record<string, string>): Promise<Core>
  close(): Promise<void>
}

/** Loads are whatever the view does: the same for all, and no query, which would be most of a miss. */
class NoSnapshots extends Snapshots {
  read<T>(queries: (views: ViewQueries) => Promise<T>): Promise<T> {
    return queries(undefined as never)
  }
}

export async function openWorld(): Promise<World> {
  const original = await freshDatabase()
  const redis = await startRedis()
  const at = (url: string, env: Record<string, string>) => {
    const config = readConfig({
      DATABASE_URL: url,
      JWT_SECRET: 'a secret that only this benchmark uses',
      ...env,
    })
    return openCore(config, pino({ level: 'silent' }), [
      async (container) => {
        await container.unbind(Snapshots)
        container.bind(Snapshots).toConstantValue(new NoSnapshots())
      },
    ])
  }
  const core = await at(original.url, { CACHE: 'null' })
  const marketId = await openMarket(core)
  const database = core.database.describe.split(' at ')[0]!
  await core.close()
  const copies = new DatabaseCopies(original.url)
  const bare = await at(await copies.copy(), { CACHE: 'null' })
  return {
    redisUrl: redis.url,
    marketId,
    bare,
    servers: `${database}, Redis ${await redisVersion(redis)}`,
    open: async (env) => at(await copies.copy(), env),
    close: async () => {
      await bare.close()
      await redis.stop()
      await copies.drop()
      await original.drop()
    },
  }
}

async function openMarket({ container }: Core): Promise<string> {
  const { token } = await (await container.getAsync(serviceOf(RegisterAccount)))({
    email: 'rosa@example.org',
    password: 'a long enough password',
    name: 'Rosa Organizer',
    role: 'organizer',
  })
  const organizer = await (await container.getAsync(TokenIssuer)).verify(token)
  const create = await container.getAsync(serviceOf(CreateMarket))
  const { id } = await create(organizer.accountId, {
    name: 'Harbor Market',
    city: 'Lisbon',
    stallCount: 1,
  })
  return id
}
