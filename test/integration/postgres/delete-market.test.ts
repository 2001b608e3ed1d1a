import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DeleteMarket } from '../../../src/application/markets/delete-market.ts'
import { readConfig } from '../../../src/infrastructure/config/config.ts'
import { type Core, openCore } from '../../../src/infrastructure/core.ts'
import { serviceOf } from '../../../src/infrastructure/modules/use-cases.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { aMarket, aWorld } from '../../support/postgres-world.ts'

let database: FreshDatabase
let core: Core

beforeAll(async () => {
  database = await freshDatabase()
  const env = {
    DATABASE_URL: database.url,
    CACHE: 'null',
    JWT_SECRET: 'a secret of thirty-two bytes or more',
  }
  core = await openCore(readConfig(env), pino({ level: 'silent' }))
})
afterAll(async () => {
  await core?.close()
  await database?.drop()
})

const viewerOf = (accountId: string) => ({ accountId, role: 'organizer', vendorId: null }) as const

it('a draft is deleted, and its slug is free; one that vendors have applied to, by whatever hand, stays', async () => {
  const { organizer, market } = await aWorld(core.database, 1)
  const remove = await core.container.getAsync(serviceOf(DeleteMarket))
  const draft = aMarket(organizer.id)
  await core.database.transactions.run(async (tx) => tx.markets.add(draft))
  await remove(draft.id, viewerOf(organizer.id))
  await core.database.transactions.run(async (tx) => {
    expect(await tx.markets.find(draft.id)).toBeUndefined()
    expect(await tx.markets.takenSlugs([draft.slug])).toEqual(new Set())
    const locked = await tx.markets.findForUpdate(market.id)
    locked!.status = 'draft'
  })
  await expect(remove(market.id, viewerOf(organizer.id))).rejects.toMatchObject({ code: 'not-a-draft' })
})
