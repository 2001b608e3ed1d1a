import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Api } from '../support/api.ts'
import { freshDatabase } from '../support/postgres.ts'
import { runToEnd, startService } from '../support/service.ts'

const OPERATOR = 'the-operator-of-this-test'
const HEADER = 'FMID,MarketName,street,city,State,zip'
const ROWS = [
  '1,Lincoln Park Market,,Chicago ,Illinois,60614',
  '2,Logan Market,,chicago,Illinois,60647',
  '3,No City Market,,,Illinois,',
  '4,Logan Market,,chicago,Illinois,60647',
]

let directory: string
let database: { url: string; drop(): Promise<void> }

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marketflow-'))
  database = await freshDatabase()
})

afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
  await database.drop()
})

async function importRows(
  lines: readonly string[],
  meanwhile?: Parameters<typeof runToEnd>[3],
  options: readonly string[] = [],
): Promise<{ code: number | null; output: string }> {
  const file = join(directory, 'markets.csv')
  await writeFile(file, lines.join('\n'))
  return runToEnd('src/infrastructure/bin/import.ts', [...options, file], env(), meanwhile)
}

const env = () => ({ DATABASE_URL: database.url, CACHE: 'null' })
const assign = (slug: string, email: string) =>
  runToEnd('src/infrastructure/bin/markets.ts', ['assign', slug, email], env())

const manyRows = (count: number) =>
  Array.from({ length: count }, (_, i) => `${i + 1},Market ${i % 1000},,Town ${i % 300},Ohio,43004`)

async function sql(statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client(database.url)
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

it('imports once, updates what changed, and says what it skipped and why', async () => {
  const first = await importRows([HEADER, ...ROWS])
  expect(first.output).toContain('3 imported, 0 updated, 0 unchanged, 1 skipped\n  line 4: city is empty')
  expect(first.code).toBe(0)
  expect((await importRows([HEADER, ...ROWS])).output).toContain(
    '0 imported, 0 updated, 3 unchanged, 1 skipped',
  )
  const changed = ROWS.map((row) => row.replace('Lincoln Park', 'Lincoln Square'))
  expect((await importRows([HEADER, ...changed])).output).toContain(
    '0 imported, 1 updated, 2 unchanged, 1 skipped',
  )

  const service = await startService({ DATABASE_URL: database.url, CACHE: 'null' })
  const listing = await new Api(service.url).get('/markets?city=%20CHICAGO')
  expect(listing.body.markets.map((market: { name: string }) => market.name)).toEqual([
    'Lincoln Square Market',
    'Logan Market',
    'Logan Market',
  ])
  await service.stop()
})

it('loses nothing to a damaged file, and changes nothing for one that is something else', async () => {
  await importRows([HEADER, ...ROWS])
  const damaged = await importRows([HEADER, ROWS[0]!, '5,"Broken,,X,Y,', '6,After The Damage,,Boise,Idaho,'])
  expect(damaged.output).toContain(
    '1 imported, 0 updated, 1 unchanged, 1 skipped\n  line 3: a quote is never closed',
  )
  const other = await importRows(['id,title', '1,Something else'])
  expect(other.code).toBe(65)
  expect(other.output).toContain('MarketName: expected a column of this name')
  expect((await importRows([HEADER, ...ROWS])).output).toContain('0 imported, 0 updated, 3 unchanged')
})

it('a stranger who registered the directory’s old address owns none of its markets', async () => {
  await runToEnd('src/infrastructure/bin/migrate.ts', [], { DATABASE_URL: database.url })
  await sql(
    `insert into accounts (id, email, name, role, password_hash, created_at)
     values (gen_random_uuid(), 'usda-directory@marketflow.invalid', 'Mallory', 'organizer', '$argon2id$x', now())`,
  )
  expect((await importRows([HEADER, ...ROWS])).code).toBe(0)
  const owners = await sql(
    'select distinct accounts.name, password_hash from markets join accounts on accounts.id = organizer_id',
  )
  expect(owners).toEqual([{ name: 'Public directories', password_hash: '!' }])
})

it('the account that an import of a former release made goes on owning what it imports', async () => {
  await runToEnd('src/infrastructure/bin/migrate.ts', [], { DATABASE_URL: database.url })
  await sql(
    `insert into accounts (id, email, name, role, password_hash, created_at)
     values (gen_random_uuid(), 'usda-directory@marketflow.invalid', 'Directory', 'organizer', '!', now())`,
  )
  await importRows([HEADER, ...ROWS])
  expect(await sql('select name from accounts')).toEqual([{ name: 'Directory' }])
})

it('a file that is refused leaves an empty database as it was, and one without a market leaves it without accounts', async () => {
  for (const lines of [['id,title', '1,Something else'], ['']])
    expect((await importRows(lines)).code).toBe(65)
  const { code, output } = await runToEnd('src/infrastructure/bin/import.ts', [directory], env())
  expect(output).toContain(`Cannot read ${directory}: It is a directory`)
  expect(code).toBe(65)
  const tables = "select count(*)::int as tables from information_schema.tables where table_schema = 'public'"
  expect(await sql(tables)).toEqual([{ tables: 0 }])
  expect((await importRows([HEADER])).code).toBe(0)
  expect(await sql('select count(*)::int as accounts from accounts')).toEqual([{ accounts: 0 }])
})

it('an import that is interrupted ends after the rows under way and says how many are in; the next one goes on', {
  timeout: 120_000,
}, async () => {
  await runToEnd('src/infrastructure/bin/migrate.ts', [], { DATABASE_URL: database.url })
  const count = async () => Number((await sql('select count(*)::int as rows from markets'))[0]!.rows)
  const { code, output } = await importRows([HEADER, ...manyRows(60_000)], async (child) => {
    await expect.poll(count, { timeout: 60_000, interval: 20 }).toBeGreaterThan(0)
    child.kill('SIGINT')
  })
  expect(code).toBe(130)
  const imported = await count()
  expect(imported).toBeLessThan(60_000)
  expect(output).toContain(`${imported} imported, 0 updated, 0 unchanged, 0 skipped\nInterrupted:`)
  const again = await importRows([HEADER, ...manyRows(imported + 7)])
  expect(again.output).toContain(`7 imported, 0 updated, ${imported} unchanged`)
})

it('an import that fails says how many rows are in before it says why', { timeout: 120_000 }, async () => {
  await runToEnd('src/infrastructure/bin/migrate.ts', [], { DATABASE_URL: database.url })
  await sql(`alter table markets add check (name <> 'Too much')`)
  const { code, output } = await importRows([HEADER, ...manyRows(5_000), '9999,Too much,,Boise,Idaho,'])
  expect(output).toMatch(/5000 imported, 0 updated.*\n.*violates check constraint/s)
  expect(code).not.toBe(0)
})

it('however many rows an import has, it logs few tags', { timeout: 120_000 }, async () => {
  await importRows([HEADER, ...manyRows(12_000)])
  const [logged] = await sql(
    'select count(*)::int as rows, max(cardinality(tags))::int as tags from cache_invalidation',
  )
  // The account that owns them, and a row for each batch.
  expect(logged!.rows).toBeLessThanOrEqual(1 + 3)
  expect(logged!.tags).toBeLessThan(20)
})

it('what it imports is an unclaimed listing, which takes no applications until an operator hands it to an organizer, and then is the organizer’s', {
  timeout: 60_000,
}, async () => {
  await importRows([HEADER, ...ROWS])
  const service = await startService({ ...env(), ADMIN_TOKEN: OPERATOR })
  try {
    const api = new Api(service.url)
    const [market] = (await api.get('/markets?region=il')).body.markets
    expect(market).toMatchObject({ slug: 'lincoln-park-market-chicago', stall_count: null, unclaimed: true })
    expect((await api.get(`/markets/${market.id}`)).body).toMatchObject({
      organizer: null,
      listing: { listed_by: 'USDA National Farmers Market Directory', updated_on: null },
    })
    const page = await (await fetch(`${service.url}/m/${market.slug}`)).text()
    expect(page).toContain('Listed by <span dir="auto">USDA National Farmers Market Directory</span>.')
    expect(page).not.toMatch(/Organized by|stall|No vendor/i)

    const register = (role: string, more: object = {}) =>
      api.post('/auth/register', {
        ...{ email: `${role}@example.org`, password: 'twelve letters', name: 'Olga', role },
        ...more,
      })
    await register('organizer')
    const vendor = await register('vendor', { business_name: 'V', category: 'fruit' })
    const vendors = api.as(vendor.body.token)
    const apply = () => vendors.post(`/markets/${market.id}/applications`, { message: 'Please' })
    const refused = await apply()
    expect([refused.status, refused.body.code]).toEqual([409, 'market-unclaimed'])

    expect(await assign('none', 'organizer@example.org')).toMatchObject({ code: 69 })
    expect((await assign(market.slug, 'vendor@example.org')).output).toContain('There is no organizer')
    const assigned = await assign(market.slug, ' Organizer@example.org')
    expect([assigned.code, assigned.output]).toEqual([0, "Lincoln Park Market is Olga's now\n"])
    expect((await assign(market.slug, 'organizer@example.org')).output).toContain('has an organizer already')

    const bySlug = async (token: string) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const body = JSON.stringify({ slug: 'logan-market-chicago', email: 'organizer@example.org' })
      const answer = await fetch(`${service.url}/admin/assign`, { method: 'POST', headers, body })
      return { status: answer.status, ...((await answer.json()) as object) }
    }
    expect(await bySlug('a guess')).toMatchObject({ status: 401 })
    expect(await bySlug(OPERATOR)).toMatchObject({ status: 200, assigned: { name: 'Logan Market' } })
    expect(await bySlug(OPERATOR)).toMatchObject({ status: 409, code: 'market-claimed' })

    const claimed = (await api.get(`/markets/${market.id}`)).body
    expect(claimed).toMatchObject({ stall_count: 0, unclaimed: false, organizer: { name: 'Olga' } })
    expect((await apply()).status).toBe(201)
    const renamed = ROWS.map((row) => row.replace('Lincoln Park', 'Lincoln Square'))
    expect((await importRows([HEADER, ...renamed])).output).toContain(
      '2 left as they are: they have an organizer here',
    )
    expect((await api.get(`/markets/${market.id}`)).body.name).toBe('Lincoln Park Market')
  } finally {
    await service.stop()
  }
})

it('what a newer file lacks is counted, closed if that is wanted, and opened again when it is back', {
  timeout: 60_000,
}, async () => {
  const statuses = async () =>
    (await sql('select status from markets order by directory_id')).map(({ status }) => status)
  await importRows([HEADER, ...ROWS])
  const fewer = [HEADER, ROWS[1]!]
  expect((await importRows(fewer)).output).toContain('2 listed before are not in the file')
  const unreadable = await importRows([...fewer, '9,broken'], undefined, ['--close-missing'])
  expect(unreadable.output).toContain('and stay: they may be on the 1 lines that tell no id')
  // A row that cannot be imported tells that its market is not missing.
  const skipped = [...fewer, '1,Lincoln Park Market,,,Illinois,60614']
  expect((await importRows(skipped, undefined, ['--close-missing'])).output).toContain('1 closed')
  expect(await statuses()).toEqual(['active', 'active', 'closed'])
  expect((await importRows([HEADER, ...ROWS])).output).toContain('1 updated, 2 unchanged')
  expect(await statuses()).toEqual(['active', 'active', 'active'])
  expect(await sql('select count(*)::int as noted from directory_row_seen')).toEqual([{ noted: 0 }])
})

it('an id that a file has twice is imported once, however far apart its rows are', {
  timeout: 60_000,
}, async () => {
  const { output } = await importRows([HEADER, ...manyRows(6_000), ...manyRows(1)])
  expect(output).toContain(
    '6000 imported, 0 updated, 0 unchanged, 1 skipped\n  line 6002: FMID 1 is already on line 2',
  )
})

it('two directories may have the same id; each is known again by its own', async () => {
  await importRows([HEADER, ...ROWS])
  const other = ['listing_id,listing_name,location_address', '1,Elsewhere,"1 Main St, Boise, ID 83702"']
  expect((await importRows(other)).output).toContain('1 imported, 0 updated, 0 unchanged, 0 skipped\n')
  expect((await importRows([HEADER, ...ROWS])).output).toContain('0 imported, 0 updated, 3 unchanged')
})

it('tells how it is used: to who asks, and to who mistypes', async () => {
  const run = (...options: string[]) => runToEnd('src/infrastructure/bin/import.ts', options, env())
  expect(await run('--help')).toMatchObject({ code: 0, output: expect.stringContaining('--close-missing') })
  for (const wrong of [[], ['--closed', 'x'], ['a', 'b']])
    expect(await run(...wrong)).toMatchObject({ code: 64, output: expect.stringContaining('Usage:') })
  expect(await run('--profile', join(directory, 'none.json'), 'x')).toMatchObject({ code: 65 })
})

it('reads what is piped into it', async () => {
  const { stdout, status } = spawnSync(process.execPath, ['src/infrastructure/bin/import.ts', '-'], {
    input: [HEADER, ...ROWS].join('\n'),
    env: { PATH: process.env.PATH, ...env() },
    encoding: 'utf8',
  })
  expect([status, stdout]).toEqual([
    0,
    expect.stringContaining('3 imported, 0 updated, 0 unchanged, 1 skipped'),
  ])
})

it('a market opens on the dates of its listed seasons, and none of a year gone by', async () => {
  const header = 'FMID,MarketName,city,State,x,y,Season1Date,Season1Time'
  const row = (dates: string, times: string) =>
    `1,Lincoln Park Market,Chicago,Illinois,-87.6,41.9,${dates},${times}`
  const [today] = await sql("select to_char(now() at time zone 'America/Chicago', 'YYYY-MM-DD') as date")
  const days = async () =>
    (
      await sql(`select to_char(date, 'YYYY-MM-DD') as date, opens, closes from market_days order by date`)
    ).filter(({ date }) => String(date) >= String(today!.date))
  await importRows([header, row('06/10/2018 to 10/07/2018', 'Sat: 9:00 AM-1:00 PM;')])
  expect(await days()).toEqual([])
  const open = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
    .map((day) => `${day}: 9:00 AM-1:00 PM;`)
    .join('')
  expect((await importRows([header, row('January to December', open)])).output).toContain('1 updated')
  expect((await days())[0]).toEqual({ date: today!.date, opens: '09:00', closes: '13:00' })
  expect((await importRows([header, row('January to December', open)])).output).toContain('1 unchanged')
})
