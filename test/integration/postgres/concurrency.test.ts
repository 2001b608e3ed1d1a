import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/adapters/postgres/database.ts'
import { MarketflowError } from '../../../src/domain/errors.ts'
import { ENGINES, OPEN_TIMEOUT_MS, type OpenedDatabase } from '../../support/postgres-engines.ts'
import { anOrganizer, aWorld, NOW } from '../../support/postgres-world.ts'

describe.each(ENGINES)('at the same time on $name', ({ open }) => {
  let opened: OpenedDatabase
  let database: Database

  beforeAll(async () => {
    // Many at once on one connection, here: what waits for its turn must not be given up.
    opened = await open({ logTimeoutMs: 30_000 })
    database = opened.database
  }, OPEN_TIMEOUT_MS)
  afterAll(() => opened.close())

  it('eight accepts for three stalls: exactly three succeed', async () => {
    const { market, applications } = await aWorld(database, 8, { stallCount: 3 })
    const outcomes = await Promise.allSettled(
      applications.map(({ id }) =>
        database.transactions.run(async (tx) => {
          const { marketId } = (await tx.applications.find(id))!
          const locked = (await tx.markets.findForUpdate(marketId))!
          ;(await tx.applications.findForUpdate(id))!.accept(locked, NOW)
        }),
      ),
    )
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason)
    expect(refused).toHaveLength(5)
    expect(
      refused.every((reason) => reason instanceof MarketflowError && reason.code === 'market-full'),
    ).toBe(true)
    const stats = await database.snapshots.read((views) => views.marketStats(market.id))
    expect(stats?.value).toMatchObject({ vendor_count: 3, open_stalls: 0, pending_applications: 5 })
  })

  it('one application, accepted and withdrawn at once: the lock’s second holder sees what the first did', async () => {
    const { market, applications } = await aWorld(database, 1)
    const id = applications[0]!.id
    const decide = (move: 'accept' | 'withdraw') =>
      database.transactions.run(async (tx) => {
        await tx.applications.find(id) // read before the lock, and old by the time it is granted
        const locked = (await tx.markets.findForUpdate(market.id))!
        ;(await tx.applications.findForUpdate(id))![move](locked, NOW)
      })
    await Promise.allSettled([decide('accept'), decide('withdraw')])
    const stats = await database.snapshots.read((views) => views.marketStats(market.id))
    expect(stats?.value.vendor_count).toBe(0)
  })

  it('writes, loads and log queries keep out of each other’s transactions', async () => {
    const { market } = await aWorld(database, 0, { stallCount: 1 })
    const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
    const write = async (fails: boolean) => {
      await database.transactions.run(async (tx) => {
        const locked = (await tx.markets.findForUpdate(market.id))!
        await pause()
        locked.edit({ stallCount: locked.stallCount + 1 }, NOW)
        await tx.logInvalidation([`write-${fails}`])
        await pause()
        if (fails) throw new Error('rolled back')
      })
    }
    const load = () =>
      database.snapshots.read(async (views) => {
        const before = await views.marketStats(market.id)
        await pause()
        expect(await views.marketStats(market.id)).toEqual(before)
      })
    const marked: string[] = []
    const drain = async () => {
      const { tags, pending } = await database.invalidationLog.pending()
      expect(tags).not.toContain('write-true')
      marked.push(...pending)
      await database.invalidationLog.markApplied(pending)
    }
    const rounds = Array.from({ length: 20 }, () => [
      write(false),
      load(),
      drain(),
      write(true).catch(() => {}),
    ])
    await Promise.all(rounds.flat())
    const stats = await database.snapshots.read((views) => views.marketStats(market.id))
    expect(stats?.value.stall_count).toBe(21)
    await drain()
    expect(new Set(marked).size).toBe(20)
    expect((await database.invalidationLog.pending()).pending).toEqual([])
    expect((await database.invalidationLog.kept()).tags).not.toContain('write-true')
  })

  it('work that goes on after a failed statement is not answered as if it had been done', async () => {
    const organizer = anOrganizer()
    const going = database.transactions.run(async (tx) => {
      tx.accounts.add(organizer)
      await tx.days.of('no id at all').catch(() => {})
    })
    await expect(going).rejects.toThrow('PostgreSQL rolled back')
    expect(await database.transactions.run((tx) => tx.accounts.find(organizer.id))).toBeUndefined()
  })

  it('a query that outlives its transaction is refused', async () => {
    let late: (() => Promise<unknown>) | undefined
    await database.transactions.run(async (tx) => {
      late = () => tx.markets.takenSlugs(['x'])
    })
    await expect(late!()).rejects.toThrow()
  })
})
