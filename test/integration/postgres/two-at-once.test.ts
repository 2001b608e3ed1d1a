import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RegisterAccount } from '../../../src/application/accounts/register-account.ts'
import { ApplyToMarket } from '../../../src/application/applications/apply-to-market.ts'
import { Clock } from '../../../src/application/consistency/ports/clock.ts'
import { CreateMarket } from '../../../src/application/markets/create-market.ts'
import { directoryOrganizer } from '../../../src/application/markets/directory-organizer.ts'
import { ImportMarkets } from '../../../src/application/markets/import-markets.ts'
import { UpdateMarket } from '../../../src/application/markets/update-market.ts'
import { Writes } from '../../../src/application/tables/reads-and-writes.ts'
import { NOWHERE } from '../../../src/domain/market.ts'
import { readConfig } from '../../../src/infrastructure/config/config.ts'
import { type Core, openCore } from '../../../src/infrastructure/core.ts'
import { seedDemo } from '../../../src/infrastructure/demo/seed-demo.ts'
import { serviceOf } from '../../../src/infrastructure/modules/use-cases.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'

const PAIRS = 12

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

const PERSON = { password: 'tomatoes in november', name: 'Rosa' }

function registration(email: string, role: 'organizer' | 'vendor' = 'organizer') {
  return role === 'vendor' ? { ...PERSON, email, role, businessName: 'Stand' } : { ...PERSON, email, role }
}

async function register(email: string, role: 'organizer' | 'vendor' = 'organizer') {
  const accounts = await core.container.getAsync(serviceOf(RegisterAccount))
  return (await accounts(registration(email, role))).account
}

/** Twice at once, for each of some pairs; what came of both, the one that succeeded first. */
async function inPairs<T>(act: (pair: number) => Promise<T>): Promise<PromiseSettledResult<T>[][]> {
  const outcomes: PromiseSettledResult<T>[][] = []
  for (let pair = 0; pair < PAIRS; pair++) {
    const both = await Promise.allSettled([act(pair), act(pair)])
    outcomes.push(both.toSorted((a, b) => (a.status < b.status ? -1 : a.status > b.status ? 1 : 0)))
  }
  return outcomes
}

const conflictOf = ([, second]: PromiseSettledResult<unknown>[]) =>
  second?.status === 'rejected' ? { code: second.reason.code, message: second.reason.message } : undefined

it('two people who register one address at once: one has it, the other is told that it is taken', async () => {
  const accounts = await core.container.getAsync(serviceOf(RegisterAccount))
  const outcomes = await inPairs((pair) => accounts(registration(`pair-${pair}@example.org`)))
  for (const pair of outcomes) {
    expect(pair[0]!.status).toBe('fulfilled')
    expect(conflictOf(pair)).toEqual({ code: 'email-taken', message: 'This e-mail address is taken' })
  }
})

it('two markets of one name and city at once both come to be, each with a slug of its own', async () => {
  const { id } = await register('slugs@example.org')
  const markets = await core.container.getAsync(serviceOf(CreateMarket))
  const outcomes = await inPairs((pair) =>
    markets(id, { name: `Market ${pair}`, city: 'Portland', stallCount: 3 }),
  )
  const slugs = outcomes.flat().map((each) => (each.status === 'fulfilled' ? each.value.slug : each.reason))
  expect(slugs.filter((slug) => typeof slug !== 'string')).toEqual([])
  expect(new Set(slugs).size).toBe(2 * PAIRS)
})

it('two who ask for one slug at once: one has it, the other is told which one is taken', async () => {
  const { id } = await register('asked@example.org')
  const markets = await core.container.getAsync(serviceOf(CreateMarket))
  const outcomes = await inPairs((pair) =>
    markets(id, { name: 'Wanted', city: 'Portland', stallCount: 3, slug: `wanted-${pair}` }),
  )
  for (const [pair, both] of outcomes.entries()) {
    expect(both[0]!.status).toBe('fulfilled')
    expect(conflictOf(both)).toEqual({ code: 'slug-taken', message: `The slug wanted-${pair} is taken` })
  }
})

it('one vendor who applies twice at once has one application', async () => {
  const organizer = await register('host@example.org')
  const vendor = await register('guest@example.org', 'vendor')
  const [creating, updating, applying] = await Promise.all([
    core.container.getAsync(serviceOf(CreateMarket)),
    core.container.getAsync(serviceOf(UpdateMarket)),
    core.container.getAsync(serviceOf(ApplyToMarket)),
  ])
  const viewer = {
    accountId: organizer.id,
    role: 'organizer',
    vendorId: null,
    sessionEpoch: 0,
  } as const
  const ids: string[] = []
  for (let pair = 0; pair < PAIRS; pair++) {
    const market = await creating(organizer.id, {
      name: `Fair ${pair}`,
      city: 'Salem',
      stallCount: 3,
    })
    await updating(market.id, { status: 'active' }, viewer)
    ids.push(market.id)
  }
  for (const both of await inPairs((pair) => applying(ids[pair]!, vendor.vendorId!, 'Hello'))) {
    expect(both[0]!.status).toBe('fulfilled')
    expect(conflictOf(both)).toMatchObject({
      code: 'already-applied',
      message: expect.stringContaining('live'),
    })
  }
})

it('two imports of one directory at once import each market once, under one account', async () => {
  const [imports, unitOfWork, clock] = await Promise.all([
    core.container.getAsync(serviceOf(ImportMarkets)),
    core.container.getAsync(Writes),
    core.container.getAsync(Clock),
  ])
  const outcomes = await inPairs(async (pair) => {
    const organizerId = await directoryOrganizer(unitOfWork, clock)
    const listing = { listedBy: 'a directory', updatedOn: null, hours: [], products: [], payment: [] }
    const told = { ...NOWHERE, city: 'Boise', name: 'Farm Stand', description: '', listing }
    const markets = [{ ...told, directoryId: `${1000 + pair}`, line: 2 }]
    const batch = { source: 'usda', run: randomUUID(), markets, skipped: [] }
    return { organizerId, ...(await imports(organizerId, batch)) }
  })
  const done = outcomes.flat().map((each) => (each.status === 'fulfilled' ? each.value : each.reason))
  expect(done.filter(({ imported }) => imported === 1)).toHaveLength(PAIRS)
  expect(done.filter(({ unchanged }) => unchanged === 1)).toHaveLength(PAIRS)
  expect(new Set(done.map(({ organizerId }) => organizerId)).size).toBe(1)
})

it('two instances that start at once on an empty database fill it once', async () => {
  const empty = await freshDatabase()
  const env = { DATABASE_URL: empty.url, CACHE: 'null', JWT_SECRET: 'a secret of thirty-two bytes or more' }
  const cores = [
    await openCore(readConfig(env), pino({ level: 'silent' })),
    await openCore(readConfig(env), pino({ level: 'silent' })),
  ]
  try {
    const filled = await Promise.all(cores.map(({ container }) => seedDemo(container)))
    expect(filled.toSorted()).toEqual([false, true])
  } finally {
    await Promise.all(cores.map((each) => each.close()))
    await empty.drop()
  }
})
