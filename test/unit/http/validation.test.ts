import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MARKET_ID, ORGANIZER, TestApi, VENDOR, VENDOR_ID } from './harness.ts'

const market = { name: 'Green City', city: 'Chicago', stall_count: 12 }
const joining = { email: 'ada@example.org', password: 'correct horse battery', name: 'Ada' }
const vendor = { ...joining, role: 'vendor', business_name: 'Bees & Co' }
const organizer = { ...joining, role: 'organizer' }

const CREATE = ['POST', '/markets', 'organizer'] as const
const EDIT = ['PUT', `/markets/${MARKET_ID}`, 'organizer'] as const
const APPLY = ['POST', `/markets/${MARKET_ID}/applications`, 'vendor'] as const
const ACCEPT = ['POST', `/applications/${MARKET_ID}/accept`, 'organizer'] as const
const PROFILE = ['PUT', `/vendors/${VENDOR_ID}`, 'vendor'] as const
const ME = ['PATCH', '/me', 'vendor'] as const
const LEAVE = ['DELETE', '/me', 'vendor'] as const
const REGISTER = ['POST', '/auth/register', undefined] as const
const LOGIN = ['POST', '/auth/login', undefined] as const

const NUL = 'a\0b'
/** A zero-width space, an invisible separator, a right-to-left mark, an accent without a letter. */
const INVISIBLE = '\u200b\u2063\u200f\u0301'
const HALF = 'half \ud83d'

/** What is sent, and the paths that the answer must name. */
const REFUSED: [readonly [string, string, 'organizer' | 'vendor' | undefined], unknown, string[]][] = [
  [CREATE, {}, ['name', 'city', 'stall_count']],
  [CREATE, [], ['body']],
  [CREATE, null, ['body']],
  [CREATE, 7, ['body']],
  [CREATE, { ...market, name: '   ' }, ['name']],
  [CREATE, { ...market, name: 'x'.repeat(121) }, ['name']],
  [CREATE, { ...market, name: NUL }, ['name']],
  [CREATE, { ...market, name: HALF }, ['name']],
  [CREATE, { ...market, name: INVISIBLE }, ['name']],
  [CREATE, { ...market, city: '\u3164' }, ['city']],
  [CREATE, { ...market, name: 'two\nlines' }, ['name']],
  [CREATE, { ...market, name: { toString: 'x' } }, ['name']],
  [CREATE, { ...market, city: null }, ['city']],
  [CREATE, { ...market, description: 'x'.repeat(2001) }, ['description']],
  [CREATE, { ...market, description: 'a\u0007b' }, ['description']],
  [CREATE, { ...market, stall_count: 0 }, ['stall_count']],
  [CREATE, { ...market, stall_count: 10_001 }, ['stall_count']],
  [CREATE, { ...market, stall_count: 1.5 }, ['stall_count']],
  [CREATE, { ...market, stall_count: '12' }, ['stall_count']],
  [CREATE, '{"name":"a","city":"b","stall_count":1e999}', ['stall_count']],
  [CREATE, { ...market, slug: 'Green City' }, ['slug']],
  [CREATE, { ...market, slug: 'a--b' }, ['slug']],
  [CREATE, { ...market, slug: '-a' }, ['slug']],
  [CREATE, { ...market, slug: 'a'.repeat(81) }, ['slug']],
  [CREATE, { ...market, status: 'active' }, ['status']],
  [CREATE, { ...market, owner: 'me', is_admin: true }, ['owner', 'is_admin']],
  [CREATE, '{"name":"a","city":"b","stall_count":1,"__proto__":{"x":1}}', ['__proto__']],
  [CREATE, '{"name":"a","city":"b","stall_count":1,"constructor":{"x":1}}', ['constructor']],
  [CREATE, { ...market, country: 'USA' }, ['country']],
  [CREATE, { ...market, country: 'UK' }, ['country']],
  [CREATE, { ...market, time_zone: 'Central' }, ['time_zone']],
  [CREATE, { ...market, time_zone: '+01:00' }, ['time_zone']],
  [CREATE, { ...market, time_zone: 'Europe/Bern' }, ['time_zone']],
  [CREATE, { ...market, latitude: 90.5, longitude: -180.5 }, ['latitude', 'longitude']],
  [CREATE, { ...market, latitude: '45' }, ['latitude']],
  [CREATE, { ...market, street: 'two\nlines', region: 'x'.repeat(121) }, ['street', 'region']],
  [CREATE, { ...market, website: 'javascript:alert(1)' }, ['website']],
  [EDIT, {}, ['body']],
  [EDIT, { status: 'open' }, ['status']],
  [EDIT, { slug: 'new-slug' }, ['slug']],
  [EDIT, { name: null }, ['name']],
  [APPLY, { message: 'x'.repeat(2001) }, ['message']],
  [APPLY, { message: NUL }, ['message']],
  [APPLY, { vendor_id: VENDOR_ID }, ['vendor_id']],
  [ACCEPT, { status: 'accepted' }, ['status']],
  [PROFILE, {}, ['body']],
  [PROFILE, { business_name: '' }, ['business_name']],
  [PROFILE, { website: 'javascript:alert(1)' }, ['website']],
  [PROFILE, { website: 'http:/example.org' }, ['website']],
  [PROFILE, { website: 'https://' }, ['website']],
  [PROFILE, { category: 'x'.repeat(121) }, ['category']],
  [ME, {}, ['body']],
  [ME, { current_password: 'correct horse battery' }, ['body']],
  [ME, { email: 'eva@example.org' }, ['current_password']],
  [ME, { email: 'eva@public.invalid', current_password: 'correct horse battery' }, ['email']],
  [ME, { name: INVISIBLE, role: 'organizer' }, ['name', 'role']],
  [PROFILE, { products: ['gold'] }, ['products.0']],
  [PROFILE, { products: 'honey' }, ['products']],
  [PROFILE, { products: Array(30).fill('honey') }, ['products']],
  [REGISTER, { ...vendor, products: ['Honey'] }, ['products.0']],
  [LEAVE, {}, ['current_password']],
  [REGISTER, {}, ['role']],
  [REGISTER, [], ['body']],
  [REGISTER, { ...organizer, role: 'admin' }, ['role']],
  [REGISTER, { ...organizer, business_name: 'Bees' }, ['business_name']],
  [REGISTER, { ...joining, role: 'vendor' }, ['business_name']],
  [REGISTER, { ...vendor, email: 'ada' }, ['email']],
  [REGISTER, { ...vendor, email: `${'a'.repeat(250)}@example.org` }, ['email']],
  [REGISTER, { ...vendor, password: 'elevenchars' }, ['password']],
  [REGISTER, { ...vendor, password: 'x'.repeat(129) }, ['password']],
  [REGISTER, { ...vendor, password: `${NUL}-long-enough` }, ['password']],
  [REGISTER, { ...vendor, vendor_id: VENDOR_ID }, ['vendor_id']],
  [LOGIN, {}, ['email', 'password']],
  [LOGIN, { email: ['a@example.org'], password: { $ne: null } }, ['email', 'password']],
]

const REFUSED_QUERIES: [string, string[]][] = [
  ['page=0', ['query.page']],
  ['page=-1', ['query.page']],
  ['page=1e3', ['query.page']],
  ['page=1000001', ['query.page']],
  ['page=', ['query.page']],
  ['page=%201', ['query.page']],
  ['page=1&page=2', ['query.page']],
  ['page_size=101', ['query.page_size']],
  ['page_size=0x10&page=x', ['query.page', 'query.page_size']],
  ['city[]=chicago', ['query.city[]']],
  [`cursor=${'x'.repeat(513)}`, ['query.cursor']],
  ['cursor=a&cursor=b', ['query.cursor']],
  ['q=a', ['query.q']],
  [`q=${'x'.repeat(61)}`, ['query.q']],
  ['city=a&city=b', ['query.city']],
  ['city=%00', ['query.city']],
  [`city=${'x'.repeat(121)}`, ['query.city']],
  ['City=chicago', ['query.City']],
  ['country=USA', ['query.country']],
  ['country=U%20', ['query.country']],
  ['region=a&region=b', ['query.region']],
  ['near=45.5', ['query.near']],
  ['near=91,0', ['query.near']],
  ['near=0,-180.5', ['query.near']],
  ['near=1e1,0', ['query.near']],
  ['near=1,2&near=3,4', ['query.near']],
  ['near=1,2&radius_km=7', ['query.radius_km']],
  ['product=gold', ['query.product']],
  ['product=Honey', ['query.product']],
  ['product=honey&product=eggs', ['query.product']],
  ['__proto__=1', ['query.__proto__']],
]

function titleOf([method, path]: readonly [string, string, ...unknown[]], body: unknown, paths: string[]) {
  return `${method} ${path} refuses ${JSON.stringify(body).slice(0, 100)} for ${paths}`
}

describe('validation', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())
  beforeEach(() => {
    api.calls.length = 0
  })

  async function expectRefused(response: Response, paths: string[]): Promise<void> {
    expect(response.status).toBe(400)
    const problem = (await response.json()) as { code: string; errors: { path: string; message: string }[] }
    expect(problem.code).toBe('validation-failed')
    expect(problem.errors.map((error) => error.path).sort()).toEqual(paths.toSorted())
    for (const { message } of problem.errors) expect(message).toMatch(/^(expected |no such field)/)
    expect(api.calls).toEqual([])
  }

  it.each(REFUSED.map((each) => [titleOf(...each), ...each] as const))(
    '%s',
    async (_title, [method, path, as], body, paths) => {
      await expectRefused(await api.fetch(path, { method, body, ...(as !== undefined && { as }) }), paths)
    },
  )

  it.each(REFUSED_QUERIES)('GET /markets?%s is refused for %j', async (query, paths) => {
    await expectRefused(await api.fetch(`/markets?${query}`), paths)
  })

  it.each(['築地市場', 'سوق', '👩\u200d🌾', '“☀”', '3'])('takes the name %s', async (name) => {
    const response = await api.fetch('/markets', {
      method: 'POST',
      as: 'organizer',
      body: { ...market, name },
    })
    expect(response.status).toBe(201)
  })

  it('refuses parameters wherever there are none', async () => {
    await expectRefused(await api.fetch(`/markets/${MARKET_ID}?verbose=1`), ['query.verbose'])
    await expectRefused(
      await api.fetch('/markets?page=1', { method: 'POST', as: 'organizer', body: market }),
      ['query.page'],
    )
    await expectRefused(
      await api.fetch(`/markets/${MARKET_ID}/applications?status=open`, { as: 'organizer' }),
      ['query.status'],
    )
  })

  it('names at most twenty errors, by paths of bounded length', async () => {
    const body = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i}${'x'.repeat(200)}`, 1]))
    const response = await api.fetch('/markets', { method: 'POST', as: 'organizer', body })
    const { errors } = (await response.json()) as { errors: { path: string }[] }
    expect(errors).toHaveLength(20)
    expect(Math.max(...errors.map(({ path }) => path.length))).toBe(100)
  })

  it('hands over what it accepts, trimmed and in the words of the use cases', async () => {
    const prose = 'First line\r\n\tsecond 🐝 line\n'
    await api.fetch('/markets', {
      method: 'POST',
      as: 'organizer',
      body: { ...market, name: ' Green City ', description: prose, slug: 'green-city-1' },
    })
    await api.fetch(`/markets/${MARKET_ID.toUpperCase()}`, {
      method: 'PUT',
      as: 'organizer',
      body: { stall_count: 10_000, status: 'active' },
    })
    await api.fetch(`/markets/${MARKET_ID}`, { method: 'PUT', as: 'organizer', body: { description: '' } })
    await api.fetch(`/markets/${MARKET_ID}/applications`, { method: 'POST', as: 'vendor' })
    await api.fetch(`/vendors/${VENDOR_ID}`, {
      method: 'PUT',
      as: 'vendor',
      body: { business_name: 'Bees', website: 'https://bees.example/' },
    })
    await api.fetch('/auth/register', { method: 'POST', body: { ...vendor, category: 'honey' } })
    await api.fetch('/auth/register', { method: 'POST', body: organizer })
    await api.fetch('/auth/login', { method: 'POST', body: { email: ' ada@example.org', password: ' x ' } })
    await api.fetch(`/markets/${MARKET_ID}/applications?status=waitlisted&page_size=5`, { as: 'organizer' })
    expect(api.calls).toEqual([
      [
        'createMarket',
        ORGANIZER.accountId,
        {
          name: 'Green City',
          city: 'Chicago',
          description: 'First line\n\tsecond 🐝 line',
          stallCount: 12,
          slug: 'green-city-1',
        },
        undefined,
      ],
      ['updateMarket', MARKET_ID, { stallCount: 10_000, status: 'active' }, ORGANIZER, undefined],
      ['updateMarket', MARKET_ID, { description: '' }, ORGANIZER, undefined],
      ['applyToMarket', MARKET_ID, VENDOR_ID, '', undefined],
      [
        'updateVendor',
        VENDOR_ID,
        { businessName: 'Bees', website: 'https://bees.example/' },
        VENDOR,
        undefined,
      ],
      ['register', { ...joining, role: 'vendor', businessName: 'Bees & Co', category: 'honey' }],
      ['register', organizer],
      ['logIn', 'ada@example.org', ' x '],
      ['listApplications', { id: MARKET_ID, status: 'waitlisted', page: 1, pageSize: 5 }, ORGANIZER],
    ])
  })
})
