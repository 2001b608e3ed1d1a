import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/adapters/postgres/database.ts'
import { Account } from '../../../src/domain/account.ts'
import { ENGINES, OPEN_TIMEOUT_MS, type OpenedDatabase } from '../../support/postgres-engines.ts'
import { aMarket, anApplication, anOrganizer, aVendor, aWorld, NOW } from '../../support/postgres-world.ts'

describe.each(ENGINES)('repositories on $name', ({ open }) => {
  let opened: OpenedDatabase
  let database: Database

  beforeAll(async () => {
    opened = await open()
    database = opened.database
  }, OPEN_TIMEOUT_MS)
  afterAll(() => opened.close())

  const run: Database['transactions']['run'] = (work) => database.transactions.run(work)

  it('gives entities back as they were added', async () => {
    const vendor = aVendor()
    const organizer = anOrganizer()
    const seller = new Account({ ...anOrganizer(), role: 'vendor', vendorId: vendor.id })
    const market = aMarket(organizer.id, { directorySource: 'usda', directoryId: `fmid-${randomUUID()}` })
    const application = anApplication(market.id, vendor.id)
    const added = { ...market }
    await run(async (tx) => {
      // Deliberately before what they refer to: the unit of work may insert in any order.
      tx.applications.add(application)
      tx.markets.add(market)
      tx.accounts.add(seller)
      tx.accounts.add(organizer)
      tx.vendors.add(vendor)
    })
    await run(async (tx) => {
      expect({ ...(await tx.accounts.find(seller.id)) }).toEqual({ ...seller })
      expect(await tx.accounts.findByEmail(organizer.email)).toMatchObject({
        id: organizer.id,
        vendorId: null,
      })
      expect({ ...(await tx.vendors.findForUpdate(vendor.id)) }).toEqual({ ...vendor })
      const found = await tx.markets.find(market.id)
      expect(found).toBeInstanceOf(market.constructor)
      expect({ ...found }).toEqual(added)
      expect(await tx.markets.find(market.id.toUpperCase())).toBe(found)
      expect(
        (await tx.markets.findByDirectoryIds('usda', [market.directoryId!])).map(({ id }) => id),
      ).toEqual([market.id])
      expect({ ...(await tx.applications.find(application.id)) }).toEqual({ ...application })
    })
  })

  it('writes what the domain changed, without being told', async () => {
    const { market, applications } = await aWorld(database, 1)
    const later = new Date('2026-06-01T00:00:00.000Z')
    await run(async (tx) => {
      const locked = (await tx.markets.findForUpdate(market.id))!
      const application = (await tx.applications.findForUpdate(applications[0]!.id))!
      application.accept(locked, later)
      locked.edit({ name: 'Red Market', status: 'closed' }, later)
    })
    const [found, application] = await run(async (tx) => [
      await tx.markets.find(market.id),
      await tx.applications.find(applications[0]!.id),
    ])
    expect(found).toMatchObject({ name: 'Red Market', status: 'closed', vendorCount: 1, updatedAt: later })
    expect(application).toMatchObject({ status: 'accepted', updatedAt: later })
  })

  it('reads the row again when it takes the lock', async () => {
    const { market } = await aWorld(database, 0)
    await run(async (tx) => {
      const found = (await tx.markets.find(market.id))!
      found.stallCount = 9
      const locked = (await tx.markets.findForUpdate(market.id))!
      expect(locked).toBe(found)
      expect(locked.stallCount).toBe(9)
    })
  })

  it('answers questions about what is stored', async () => {
    const { market, vendors, applications, organizer } = await aWorld(database, 2)
    await run(async (tx) => {
      const locked = (await tx.markets.findForUpdate(market.id))!
      ;(await tx.applications.findForUpdate(applications[0]!.id))!.accept(locked, NOW)
      ;(await tx.applications.findForUpdate(applications[1]!.id))!.reject(NOW)
      // Still in the same transaction, before any flush of ours.
      expect(await tx.markets.acceptedVendorIds([market.id], 9)).toEqual(
        new Map([[market.id, [vendors[0]!.id]]]),
      )
      expect(await tx.applications.liveExists(market.id, vendors[0]!.id)).toBe(true)
      expect(await tx.applications.liveExists(market.id, vendors[1]!.id)).toBe(false)
      expect(await tx.vendors.marketsAppliedTo(vendors[1]!.id, 9)).toEqual([
        { marketId: market.id, slug: market.slug },
      ])
      expect(await tx.vendors.organizersAppliedTo(vendors[1]!.id, 9)).toEqual([organizer.id])
      expect(await tx.markets.takenSlugs([market.slug, `${market.slug}-2`])).toEqual(new Set([market.slug]))
    })
  })

  it('stops at the number that was asked for, and counts a market once however often a vendor applied there', async () => {
    const { market, vendors, organizer } = await aWorld(database, 1)
    const others = [aMarket(organizer.id), aMarket(organizer.id)]
    const { id } = vendors[0]!
    const tried = [market, others[0]!, others[0]!, others[0]!, others[1]!].map((each) =>
      anApplication(each.id, id),
    )
    await run(async (tx) => {
      for (const other of others) tx.markets.add(other)
      for (const application of tried) {
        application.reject(NOW)
        tx.applications.add(application)
      }
    })
    await run(async (tx) => {
      const found = async (atMost: number) =>
        (await tx.vendors.marketsAppliedTo(id, atMost)).map(({ marketId }) => marketId)
      expect(new Set(await found(2)).size).toBe(2)
      expect((await found(4)).toSorted()).toEqual([market, ...others].map((each) => each.id).toSorted())
      expect(await tx.vendors.organizersAppliedTo(id, 2)).toEqual([organizer.id])
    })
  })

  it('finds nothing under ids that nothing has', async () => {
    await run(async (tx) => {
      for (const id of [randomUUID(), 'nonsense', "' or 1=1 --", '']) {
        expect(await tx.accounts.find(id)).toBeUndefined()
        expect(await tx.markets.find(id)).toBeUndefined()
        expect(await tx.markets.findForUpdate(id)).toBeUndefined()
        expect(await tx.vendors.findForUpdate(id)).toBeUndefined()
        expect(await tx.applications.find(id)).toBeUndefined()
        expect(await tx.applications.findForUpdate(id)).toBeUndefined()
        expect(await tx.applications.liveExists(id, id)).toBe(false)
        expect([...(await tx.markets.acceptedVendorIds([id], 9)).values()].flat()).toEqual([])
        expect(await tx.vendors.marketsAppliedTo(id, 9)).toEqual([])
        expect(await tx.vendors.organizersAppliedTo(id, 9)).toEqual([])
      }
    })
  })

  it('keeps nothing of work that throws', async () => {
    const organizer = anOrganizer()
    const failing = run(async (tx) => {
      tx.accounts.add(organizer)
      await tx.logInvalidation(['rolled-back'])
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await run((tx) => tx.accounts.find(organizer.id))).toBeUndefined()
  })

  it('gives a request for a link to one at a time, and again after twice as long as before', async () => {
    const email = `${randomUUID()}@example.org`
    const at = (ms: number) => new Date(NOW.getTime() + ms)
    const next = async (ms: number) => (await run((tx) => tx.resets.nextRequest(at(ms), 1000)))?.attempt
    await run((tx) => tx.resets.request(email, NOW))
    expect([await next(0), await next(999), await next(1000)]).toEqual([1, undefined, 2])
    // Asked for once more, it is at its attempt all the same.
    await run((tx) => tx.resets.request(email, at(1500)))
    expect([await next(2999), await next(3000)]).toEqual([undefined, 3])
    await run((tx) => tx.resets.forgetRequest(email))
    expect(await next(100_000)).toBeUndefined()
  })

  it('refuses text with a NUL, at which the text of a statement would end', async () => {
    const organizer = anOrganizer()
    const adding = run(async (tx) => {
      tx.accounts.add(organizer)
      tx.markets.add(aMarket(organizer.id, { name: 'Cut\0off' }))
    })
    await expect(adding).rejects.toMatchObject({ code: 'validation-failed' })
    const finding = run((tx) => tx.accounts.findByEmail(`${organizer.email}\0`))
    await expect(finding).rejects.toMatchObject({ code: 'validation-failed' })
  })

  it('keeps text as it is, whatever is in it', async () => {
    const organizer = anOrganizer()
    const name = `O'Brien "\\" ? $1 :x 🥕 ?? \n`
    const market = aMarket(organizer.id, { name, description: '{"a": [null]}' })
    await run(async (tx) => {
      tx.accounts.add(organizer)
      tx.markets.add(market)
    })
    expect(await run((tx) => tx.markets.find(market.id))).toMatchObject({
      name,
      description: '{"a": [null]}',
    })
  })
})
