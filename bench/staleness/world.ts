import pg from 'pg'
import { pino } from 'pino'
import { RegisterAccount } from '../../src/application/accounts/register-account.ts'
import { CreateMarket } from '../../src/application/markets/create-market.ts'
import { UpdateMarket } from '../../src/application/markets/update-market.ts'
import { TokenIssuer } from '../../src/application/ports/token-issuer.ts'
import { readConfig } from '../../src/infrastructure/config/config.ts'
import { type Core, openCore } from '../../src/infrastructure/core.ts'
import { serviceOf } from '../../src/infrastructure/modules/use-cases.ts'
import { freshDatabase } from '../../test/support/postgres.ts'
import { MARKETS } from './plan.ts'
import { Recorder } from './recorder.ts'
import { Loads, slowly } from './slow-snapshots.ts'

/** One database with some active markets, which all contestants use one after the other. */
export interface World {
  /** By a market's number. */
  readonly marketIds: readonly string[]
  readonly loads: Loads
  /** Of what happens around the caches of others. */
  readonly recorder: Recorder
  /** What PostgreSQL calls itself. */
  readonly database: string
  /** An instance of the service without its ways in. `env` says which cache it has. */
  open(env: Record<string, string>): Promise<Core>
  /** Every market's version: how many stalls it has. */
  versions(): Promise<number[]>
  /** Forgets the log of the contestant that ran before, which the next one would replay. None may be running. */
  clearLog(): Promise<void>
  close(): Promise<void>
}

export async function openWorld(seed: number): Promise<World> {
  const database = await freshDatabase()
  const loads = new Loads()
  const open = (env: Record<string, string>) => {
    const config = readConfig({
      DATABASE_URL: database.url,
      JWT_SECRET: 'a secret that only this benchmark uses',
      ...env,
    })
    return openCore(config, pino({ level: 'silent' }), [slowly(loads, seed)])
  }
  const core = await open({ CACHE: 'null' })
  const marketIds = await openMarkets(core)
  const { describe } = core.database
  await core.close()
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  return {
    marketIds,
    loads,
    recorder: new Recorder(),
    database: describe.split(' at ')[0]!,
    open,
    versions: async () => {
      const { rows } = await client.query<{ id: string; stall_count: number }>(
        'select id, stall_count from markets',
      )
      const counts = new Map(rows.map(({ id, stall_count }) => [id, stall_count]))
      return marketIds.map((id) => counts.get(id)!)
    },
    clearLog: async () => {
      await client.query('delete from cache_invalidation')
    },
    close: async () => {
      await client.end()
      await database.drop()
    },
  }
}

async function openMarkets({ container }: Core): Promise<string[]> {
  const { token } = await (await container.getAsync(serviceOf(RegisterAccount)))({
    email: 'rosa@example.org',
    password: 'a long enough password',
    name: 'Rosa Organizer',
    role: 'organizer',
  })
  const organizer = await (await container.getAsync(TokenIssuer)).verify(token)
  const [create, update] = [
    await container.getAsync(serviceOf(CreateMarket)),
    await container.getAsync(serviceOf(UpdateMarket)),
  ]
  const ids: string[] = []
  for (let number = 0; number < MARKETS; number++) {
    const { id } = await create(organizer.accountId, {
      name: `Harbor Market on Pier ${number}`,
      city: 'Lisbon',
      stallCount: 1,
    })
    await update(id, { status: 'active' }, organizer)
    ids.push(id)
  }
  return ids
}
