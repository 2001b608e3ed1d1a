import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { DeleteAccount } from '../../../src/application/accounts/delete-account.ts'
import { MakeResetLink } from '../../../src/application/accounts/password-resets.ts'
import { RegisterAccount } from '../../../src/application/accounts/register-account.ts'
import { DeleteMarket } from '../../../src/application/markets/delete-market.ts'
import { FORMER_ORGANIZER } from '../../../src/domain/account.ts'
import { readConfig } from '../../../src/infrastructure/config/config.ts'
import { type Core, openCore } from '../../../src/infrastructure/core.ts'
import { serviceOf } from '../../../src/infrastructure/modules/use-cases.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { aMarket, anApplication, aVendor, aWorld, NOW } from '../../support/postgres-world.ts'

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

it('of an organizer that leaves, a draft that vendors have applied to, by whatever hand, stays with an account that no link opens', async () => {
  const register = await core.container.getAsync(serviceOf(RegisterAccount))
  const password = 'tomatoes in november'
  const { account } = await register({ email: 'rosa@example.org', name: 'Rosa', role: 'organizer', password })
  const [draft, market, vendor] = [aMarket(account.id), aMarket(account.id), aVendor()]
  await core.database.transactions.run(async (tx) => {
    for (const each of [draft, market]) tx.markets.add(each)
    tx.vendors.add(vendor)
    const application = anApplication(market.id, vendor.id)
    application.reject(NOW)
    tx.applications.add(application)
  })
  await (await core.container.getAsync(serviceOf(DeleteAccount)))(account.id, password)
  await core.database.transactions.run(async (tx) => {
    expect(await tx.markets.find(draft.id)).toBeUndefined()
    expect(await tx.markets.find(market.id)).toMatchObject({ organizerId: FORMER_ORGANIZER.id })
  })
  const makeLink = await core.container.getAsync(serviceOf(MakeResetLink))
  await expect(makeLink(FORMER_ORGANIZER.email)).rejects.toMatchObject({ code: 'account-not-found' })
})
