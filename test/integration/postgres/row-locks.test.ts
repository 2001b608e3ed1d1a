import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChangePassword } from '../../../src/application/accounts/account-settings.ts'
import { MakeResetLink } from '../../../src/application/accounts/password-resets.ts'
import { RegisterAccount } from '../../../src/application/accounts/register-account.ts'
import { represent } from '../../../src/application/consistency/representation.ts'
import { AssignMarket } from '../../../src/application/markets/assign-market.ts'
import { DeleteMarket } from '../../../src/application/markets/delete-market.ts'
import { EndImport } from '../../../src/application/markets/end-import.ts'
import { ImportMarkets } from '../../../src/application/markets/import-markets.ts'
import { GetMarket } from '../../../src/application/markets/market-reads.ts'
import { ScheduleMarket } from '../../../src/application/markets/schedule-market.ts'
import { UpdateMarket } from '../../../src/application/markets/update-market.ts'
import type { Viewer } from '../../../src/application/ports/token-issuer.ts'
import type { Transaction } from '../../../src/application/ports/transactions.ts'
import type { Seen } from '../../../src/application/use-case/precondition.ts'
import type { Account } from '../../../src/domain/account.ts'
import { type Market, NOWHERE } from '../../../src/domain/market.ts'
import { Vendor } from '../../../src/domain/vendor.ts'
import { readConfig } from '../../../src/infrastructure/config/config.ts'
import { type Core, openCore } from '../../../src/infrastructure/core.ts'
import { serviceOf } from '../../../src/infrastructure/modules/use-cases.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'
import { aMarket, anApplication, anOrganizer, aVendor, NOW } from '../../support/postgres-world.ts'

const SOURCE = 'usda'
const LISTING = { listedBy: 'a directory', updatedOn: null, hours: [], products: [], payment: [] }

let fresh: FreshDatabase
let core: Core
let holder: Client
let looker: Client

beforeAll(async () => {
  fresh = await freshDatabase()
  const env = { DATABASE_URL: fresh.url, CACHE: 'null', JWT_SECRET: 'a secret of thirty-two bytes or more' }
  core = await openCore(readConfig(env), pino({ level: 'silent' }))
  ;[holder, looker] = [0, 1].map(() => new Client({ connectionString: fresh.url })) as [Client, Client]
  await Promise.all([holder.connect(), looker.connect()])
})
afterAll(async () => {
  await Promise.all([holder?.end(), looker?.end()])
  await core?.close()
  await fresh?.drop()
})

const run: Core['database']['transactions']['run'] = (work) => core.database.transactions.run(work)
const useCase = <T>(made: Parameters<typeof serviceOf<T>>[0]) => core.container.getAsync(serviceOf(made))

/** An organizer, and a market without one, as a directory lists it, to which a vendor has applied. */
async function listed(): Promise<{ organizer: Account; market: Market; vendorId: string }> {
  const [directory, organizer, vendor] = [anOrganizer(), anOrganizer(), aVendor()]
  const ids = { directorySource: SOURCE, directoryId: randomUUID() }
  const market = aMarket(directory.id, { ...ids, unclaimed: true, stallCount: 0, listing: LISTING })
  market.edit({ status: 'active' }, NOW)
  await run(async (tx) => {
    for (const account of [directory, organizer]) tx.accounts.add(account)
    tx.markets.add(market)
    tx.vendors.add(vendor)
    tx.applications.add(anApplication(market.id, vendor.id))
  })
  return { organizer, market, vendorId: vendor.id }
}

interface Held {
  readonly table: string
  readonly id: string
  /** What happens to the row before it is let go. */
  readonly change?: string
  /** Called while the work waits. */
  readonly look?: () => Promise<void>
}

/** Holds a row's lock until that is what the work waits for. */
async function whileWaiting<T>({ table, id, change, look }: Held, work: () => Promise<T>): Promise<T> {
  await holder.query('begin')
  await holder.query(`select from ${table} where id = $1 for update`, [id])
  const working = work()
  working.catch(() => {})
  try {
    await expect.poll(waiting).toEqual([expect.stringMatching(/ for (update|share)\s*$/)])
    await look?.()
    if (change !== undefined) await holder.query(`update ${table} set ${change} where id = $1`, [id])
  } finally {
    await holder.query('commit')
  }
  return working
}

/** The statements that wait for a lock. */
async function waiting(): Promise<string[]> {
  const { rows } = await looker.query(
    `select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rows.map(({ query }) => query)
}

async function isFree(table: string, id: string): Promise<boolean> {
  return (
    (await looker.query(`select from ${table} where id = $1 for update skip locked`, [id])).rowCount === 1
  )
}

describe('a hand-over of a listed market', () => {
  const assign = async (market: Market, { email }: Account) =>
    (await useCase(AssignMarket))(market.slug, email)

  it('waits for the market, and is refused if it was handed to another meanwhile', async () => {
    const { market, organizer } = await listed()
    const claimed = { table: 'markets', id: market.id, change: 'unclaimed = false' }
    await expect(whileWaiting(claimed, () => assign(market, organizer))).rejects.toMatchObject({
      code: 'market-claimed',
    })
  })

  it('waits for the organizer, who may be leaving, and for the vendors that have applied, whose edits read the organizer', async () => {
    for (const table of ['accounts', 'vendors']) {
      const { market, organizer, vendorId } = await listed()
      const id = table === 'accounts' ? organizer.id : vendorId
      const assigned = await whileWaiting({ table, id }, () => assign(market, organizer))
      expect(assigned.organizer?.id, table).toBe(organizer.id)
    }
  })
})

describe('an import', () => {
  const rows = ({ directoryId }: Market, name: string) => [
    {
      ...NOWHERE,
      city: 'Boise',
      description: '',
      listing: LISTING,
      directoryId: directoryId!,
      name,
      line: 2,
    },
  ]

  it('waits for a market that it is about to update, and leaves it alone if it got an organizer meanwhile', async () => {
    const { market, organizer } = await listed()
    const claimed = { table: 'markets', id: market.id, change: 'unclaimed = false' }
    const batch = { source: SOURCE, run: randomUUID(), markets: rows(market, 'Another name'), skipped: [] }
    const imports = await useCase(ImportMarkets)
    const counts = await whileWaiting(claimed, () => imports(organizer.id, batch))
    expect(counts).toMatchObject({ claimed: 1, updated: 0, unchanged: 0, imported: 0 })
    expect((await run((tx) => tx.markets.find(market.id)))?.name).toBe(market.name)
  })

  it('waits for a market that it is about to close, and leaves it open if it got an organizer meanwhile', async () => {
    const { market } = await listed()
    await run(async (tx) => {
      for (const other of await tx.markets.findMissing(SOURCE, randomUUID(), 1000))
        if (other.id !== market.id) other.edit({ status: 'closed' }, NOW)
    })
    const claimed = { table: 'markets', id: market.id, change: 'unclaimed = false' }
    const end = await useCase(EndImport)
    const ended = await whileWaiting(claimed, () => end({ source: SOURCE, run: randomUUID(), close: true }))
    expect(ended).toEqual({ missing: 1, closed: 0 })
    expect((await run((tx) => tx.markets.find(market.id)))?.status).toBe('active')
  })
})

it('a link for a new password waits for its account, and is refused if that has another address by then', async () => {
  const { organizer } = await listed()
  const moved = { table: 'accounts', id: organizer.id, change: `email = 'moved-' || email` }
  const makeLink = await useCase(MakeResetLink)
  await expect(whileWaiting(moved, () => makeLink(organizer.email))).rejects.toMatchObject({
    code: 'account-not-found',
  })
})

it('a request for a link that another instance is taking is left to it, and waited for by none', async () => {
  await run((tx) => tx.resets.request('rosa@example.org', NOW))
  await holder.query('begin')
  await holder.query('select from password_reset_requests for update')
  expect(await run((tx) => tx.resets.nextRequest(NOW, 1000))).toBeUndefined()
  await holder.query('commit')
  expect(await run((tx) => tx.resets.nextRequest(NOW, 1000))).toMatchObject({ attempt: 1 })
})

it('a change of password waits for its account, and is refused if that has yet another password by then', async () => {
  const register = await useCase(RegisterAccount)
  const password = 'tomatoes in november'
  const { account } = await register({ email: 'rosa@example.org', name: 'Rosa', role: 'organizer', password })
  const changed = { table: 'accounts', id: account.id, change: `password_hash = 'of another one'` }
  const change = await useCase(ChangePassword)
  const changing = whileWaiting(changed, () => change(account.id, password, 'tomatoes in december'))
  await expect(changing).rejects.toMatchObject({ code: 'password-changed' })
})

describe('a write by who has seen what it changes', () => {
  const WRITES = {
    updateMarket: async (id: string, viewer: Viewer, seen: Seen) =>
      (await useCase(UpdateMarket))(id, { description: 'New' }, viewer, seen),
    scheduleMarket: async (id: string, viewer: Viewer, seen: Seen) =>
      (await useCase(ScheduleMarket))(id, [], viewer, seen),
    deleteMarket: async (id: string, viewer: Viewer, seen: Seen) =>
      (await useCase(DeleteMarket))(id, viewer, seen),
  }

  it.each(Object.entries(WRITES))(
    '%s is refused if that changed while it waited for the lock',
    async (_, write) => {
      const organizer = anOrganizer()
      const draft = aMarket(organizer.id)
      const view = await run(async (tx) => {
        tx.accounts.add(organizer)
        tx.markets.add(draft)
        return tx.views.marketDetail(draft.id)
      })
      const seen = [represent(GetMarket.view, view!.value).etag]
      const viewer = { accountId: organizer.id, role: 'organizer', vendorId: null } as const
      const changed = { table: 'markets', id: draft.id, change: `name = 'Renamed'` }
      const writing = whileWaiting<unknown>(changed, () => write(draft.id, viewer, seen))
      await expect(writing).rejects.toMatchObject({ code: 'precondition-failed' })
    },
  )
})

it('a row that was read before it was locked is as it is once the lock is granted', async () => {
  const { market } = await listed()
  const locks: Readonly<Record<string, (tx: Transaction) => Promise<Market | undefined>>> = {
    findForUpdate: (tx) => tx.markets.findForUpdate(market.id),
    findAllForUpdate: async (tx) => (await tx.markets.findAllForUpdate([market.id]))[0],
    findBySlugForUpdate: (tx) => tx.markets.findBySlugForUpdate(market.slug),
  }
  for (const [lock, find] of Object.entries(locks)) {
    const changed = { table: 'markets', id: market.id, change: `name = '${lock}'` }
    await run(async (tx) => {
      const before = await tx.markets.find(market.id)
      const locked = await whileWaiting(changed, () => find(tx))
      expect(locked).toBe(before)
      expect(locked?.name).toBe(lock)
    })
  }
})

it('rows that are locked together are locked in the order of their ids, so that no two writes hold what the other waits for', async () => {
  const organizer = anOrganizer()
  const ids = [randomUUID(), randomUUID()].sort().reverse() as [string, string]
  const [last, first] = ids
  await run(async (tx) => {
    tx.accounts.add(organizer)
    for (const id of ids) {
      tx.markets.add(aMarket(organizer.id, { id, directorySource: SOURCE, directoryId: id }))
      tx.vendors.add(new Vendor({ ...aVendor(), id }))
      tx.applications.add(anApplication(first, id))
    }
  })
  // As they lie, they are the other way round.
  for (const table of ['markets', 'vendors'])
    for (const id of ids) await looker.query(`update ${table} set website = website where id = $1`, [id])
  const locks: readonly (readonly [table: string, lock: (tx: Transaction) => Promise<unknown>])[] = [
    ['markets', (tx) => tx.markets.findAllForUpdate(ids)],
    ['markets', (tx) => tx.markets.findOfForUpdate(organizer.id)],
    ['markets', (tx) => tx.markets.findByDirectoryIds(SOURCE, ids)],
    ['vendors', (tx) => tx.vendors.holdApplicantsOf(first)],
  ]
  for (const [table, lock] of locks) {
    const look = async () => expect(await isFree(table, last), String(lock)).toBe(true)
    await whileWaiting({ table, id: first, look }, () => run(lock))
  }
})
