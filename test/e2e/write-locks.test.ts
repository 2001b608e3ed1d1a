import { createHash, randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, Api, activeMarket, applied, organizer, type Person, vendor } from '../support/api.ts'
import { ROUTES } from '../support/api-document.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { type RunningService, startService } from '../support/service.ts'

/**
 * What a write looks at before it decides cannot change before it commits: it has taken the lock that every other write
 * of the same thing needs. Here another transaction has that lock, and the write has to wait for it before it reads;
 * waiting with the statement that changes something is too late.
 */
let database: FreshDatabase
let service: RunningService
let holder: Client
let watcher: Client
let rosa: Person
let vera: Person

beforeAll(async () => {
  database = await freshDatabase()
  service = await startService({ DATABASE_URL: database.url, CACHE: 'null' })
  holder = new Client({ connectionString: database.url })
  watcher = new Client({ connectionString: database.url })
  await Promise.all([holder.connect(), watcher.connect()])
  const api = new Api(service.url)
  ;[rosa, vera] = [await organizer(api), await vendor(api)]
})
afterAll(async () => {
  await Promise.all([holder?.end(), watcher?.end()])
  await service?.stop()
  await database?.drop()
})

/** A write, and the rows whose lock it takes, in this order. */
interface Write {
  readonly locks: Readonly<Record<string, string>>
  run(): Promise<Answer>
}

/** A move of an application that has been made, and moved so far. */
const move = (verb: string, by: () => Person, before?: string) => async (): Promise<Write> => {
  const market = await activeMarket(rosa)
  const application = await applied(vera, market)
  if (before !== undefined) await rosa.api.post(`/applications/${application}/${before}`)
  const body = verb === 'remove' ? { reason: 'Three Saturdays without a word.' } : undefined
  return {
    locks: { markets: market, vendor_applications: application },
    run: () => by().api.post(`/applications/${application}/${verb}`, body),
  }
}

/** A market that can have seasons. */
const zonedMarket = () => activeMarket(rosa, { time_zone: 'America/Chicago' })

const WRITES: Readonly<Record<string, () => Promise<Write>>> = {
  updateMarket: async () => {
    const id = await activeMarket(rosa)
    return { locks: { markets: id }, run: () => rosa.api.put(`/markets/${id}`, { description: 'Changed' }) }
  },
  scheduleMarket: async () => {
    const id = await zonedMarket()
    return { locks: { markets: id }, run: () => rosa.api.put(`/markets/${id}/seasons`, { seasons: [] }) }
  },
  changeDay: async () => {
    const id = await zonedMarket()
    const weekly = [{ weekday: 'saturday', opens: '08:00', closes: '13:00' }]
    await rosa.api.put(`/markets/${id}/seasons`, {
      seasons: [{ from: '2026-05-02', to: '2026-05-02', weekly }],
    })
    const cancelled = { status: 'cancelled' }
    return { locks: { markets: id }, run: () => rosa.api.patch(`/markets/${id}/days/2026-05-02`, cancelled) }
  },
  deleteMarket: async () => {
    const { body } = await rosa.api.post('/markets', { name: 'A draft', city: 'Lisbon', stall_count: 3 })
    return { locks: { markets: body.id }, run: () => rosa.api.delete(`/markets/${body.id}`) }
  },
  applyToMarket: async () => {
    const id = await activeMarket(rosa)
    return { locks: { markets: id }, run: () => vera.api.post(`/markets/${id}/applications`, {}) }
  },
  acceptApplication: move('accept', () => rosa),
  rejectApplication: move('reject', () => rosa),
  waitlistApplication: move('waitlist', () => rosa),
  removeVendor: move('remove', () => rosa, 'accept'),
  withdrawApplication: move('withdraw', () => vera),
  updateVendor: async () => ({
    locks: { vendors: vera.vendorId },
    run: () => vera.api.patch(`/vendors/${vera.vendorId}`, { category: 'bees' }),
  }),
  updateAccount: async () => {
    const [ada, lena] = [await vendor(new Api(service.url)), await organizer(new Api(service.url))]
    const market = await activeMarket(lena)
    return {
      locks: { accounts: lena.id, markets: market, vendors: ada.vendorId },
      run: async () => {
        await ada.api.patch('/me', { name: 'Ada' })
        return lena.api.patch('/me', { name: 'Lena' })
      },
    }
  },
  deleteAccount: async () => {
    const [ada, lena] = [await vendor(new Api(service.url)), await organizer(new Api(service.url))]
    const [theirs, hers] = [await activeMarket(rosa), await activeMarket(lena)]
    await applied(ada, theirs)
    await lena.api.patch(`/markets/${hers}`, { status: 'closed' })
    const asked = { current_password: 'a long enough password' }
    return {
      locks: { accounts: lena.id, markets: theirs, vendors: ada.vendorId },
      run: async () => {
        await ada.api.send('DELETE', '/me', asked)
        return lena.api.send('DELETE', '/me', asked)
      },
    }
  },
  changePassword: async () => {
    const lena = await organizer(new Api(service.url))
    const passwords = {
      current_password: 'a long enough password',
      new_password: 'another that is long enough',
    }
    return { locks: { accounts: lena.id }, run: () => lena.api.put('/me/password', passwords) }
  },
  resetPassword: async () => {
    const lena = await organizer(new Api(service.url))
    const secret = randomUUID()
    await watcher.query(`insert into password_resets values ($1, $2, 0, now() + interval '1 hour')`, [
      createHash('sha256').update(secret).digest('base64url'),
      lena.id,
    ])
    const asked = { secret, new_password: 'another that is long enough' }
    return {
      locks: { accounts: lena.id },
      run: () => new Api(service.url).post('/password-resets/use', asked),
    }
  },
  signOutEverywhere: async () => {
    const lena = await organizer(new Api(service.url))
    return { locks: { accounts: lena.id }, run: () => lena.api.post('/auth/sign-out-everywhere') }
  },
}

/** They make something new, or write nothing. */
const LOOK_AT_NOTHING = ['createMarket', 'logIn', 'register', 'requestPasswordReset']

it('every write of the API is tried here, or looks at nothing before it writes', () => {
  const writes = ROUTES.filter(({ method, operation }) => method !== 'GET' && operation !== null)
  // `PATCH` does what `PUT` does.
  const names = new Set(writes.map(({ operation }) => operation!.id.replace(/^patch/, 'update')))
  expect([...names].sort()).toEqual([...Object.keys(WRITES), ...LOOK_AT_NOTHING].sort())
})

it.each(Object.keys(WRITES))(
  '%s waits for the lock of what it decides by, and holds none of those that come after it',
  async (name) => {
    const tables = Object.keys((await WRITES[name]!()).locks)
    for (const [i, table] of tables.entries()) {
      const write = await WRITES[name]!()
      await holder.query('begin')
      await holder.query(`select from ${table} where id = $1 for update`, [write.locks[table]])
      const running = write.run()
      await expect
        .poll(waiting)
        .toEqual([[expect.stringMatching(new RegExp(`from "${table}".* for update$`))]])
      for (const later of tables.slice(i + 1))
        await watcher.query(`select from ${later} where id = $1 for update nowait`, [write.locks[later]])
      await holder.query('commit')
      expect((await running).status, `${name}, ${table}`).toBeLessThan(300)
    }
  },
)

/** The statements that wait for a lock. */
async function waiting(): Promise<string[][]> {
  const { rows } = await watcher.query({
    text: `select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    rowMode: 'array',
  })
  return rows
}
