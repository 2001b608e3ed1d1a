import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/adapters/postgres/database.ts'
import { Account } from '../../../src/domain/account.ts'
import { ENGINES, OPEN_TIMEOUT_MS, type OpenedDatabase } from '../../support/postgres-engines.ts'
import { aMarket, anApplication, anOrganizer, aWorld, NOW } from '../../support/postgres-world.ts'

describe.each(ENGINES)('what the schema forbids on $name', ({ open }) => {
  let opened: OpenedDatabase
  let database: Database

  beforeAll(async () => {
    opened = await open()
    database = opened.database
  }, OPEN_TIMEOUT_MS)
  afterAll(() => opened.close())

  const run: Database['transactions']['run'] = (work) => database.transactions.run(work)

  it('two accounts with one e-mail address, whatever its case', async () => {
    const { organizer } = await aWorld(database, 0)
    const second = new Account({ ...anOrganizer(), email: organizer.email.toUpperCase() })
    const registering = run(async (tx) => tx.accounts.add(second))
    await expect(registering).rejects.toMatchObject({
      code: 'email-taken',
      message: expect.stringMatching(/e-mail/),
    })
  })

  it('two markets with one slug', async () => {
    const { organizer, market } = await aWorld(database, 0)
    const creating = run(async (tx) => tx.markets.add(aMarket(organizer.id, { slug: market.slug })))
    await expect(creating).rejects.toMatchObject({
      code: 'slug-taken',
      message: expect.stringMatching(/slug/),
    })
  })

  it('a second live application, but not a second one', async () => {
    const { market, vendors, applications } = await aWorld(database, 1)
    const apply = () => run(async (tx) => tx.applications.add(anApplication(market.id, vendors[0]!.id)))
    await expect(apply()).rejects.toMatchObject({
      code: 'already-applied',
      message: expect.stringMatching(/live application/),
    })
    await run(async (tx) => (await tx.applications.findForUpdate(applications[0]!.id))!.reject(NOW))
    await apply()
  })

  it('more vendors than stalls', async () => {
    const { market } = await aWorld(database, 0, { stallCount: 2 })
    const overfilling = run(async (tx) => {
      const locked = (await tx.markets.findForUpdate(market.id))!
      locked.vendorCount = 3
    })
    await expect(overfilling).rejects.toMatchObject({ constraint: 'markets_stalls_check' })
  })

  it('a market whose organizer is gone: found out at COMMIT, known to be rolled back, and told as a token that counts no more', async () => {
    const market = aMarket(anOrganizer().id)
    const creating = run(async (tx) => tx.markets.add(market))
    await expect(creating).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(await run((tx) => tx.markets.find(market.id))).toBeUndefined()
  })

  it('text that PostgreSQL cannot store', async () => {
    const registering = run(async (tx) => tx.accounts.add(new Account({ ...anOrganizer(), name: 'a\0b' })))
    await expect(registering).rejects.toMatchObject({ code: 'validation-failed' })
  })

  it('going on after a failed statement as if nothing had happened', async () => {
    const { organizer } = await aWorld(database, 0)
    const goingOn = run(async (tx) => {
      await tx.logInvalidation(['never-kept'])
      tx.accounts.add(new Account({ ...anOrganizer(), email: organizer.email }))
      await tx.views.marketListing({ page: 1, pageSize: 1 }).catch(() => {})
    })
    await expect(goingOn).rejects.toThrow()
    expect((await database.invalidationLog.kept()).tags).not.toContain('never-kept')
  })
})
