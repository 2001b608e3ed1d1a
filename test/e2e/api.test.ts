import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Api, activeMarket, applied, organizer, vendor } from '../support/api.ts'
import { CACHES } from '../support/caches.ts'
import { freshDatabase } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type RunningService, startService } from '../support/service.ts'

let redis: TestRedis

beforeAll(async () => {
  redis = await startRedis()
})

afterAll(() => redis.stop())

const SERVICES = [
  ...CACHES.map(({ cache, env }) => ({ name: `${cache} on PostgreSQL`, cache, env, embedded: false })),
  { name: 'lru on PGlite', cache: 'lru', env: () => ({ CACHE: 'lru' }), embedded: true },
]

describe.each(SERVICES)('the HTTP API, $name', ({ name, cache, env, embedded }) => {
  let service: RunningService
  let database: { url: string; drop(): Promise<void> } | undefined
  let api: Api

  beforeAll(async () => {
    database = embedded ? undefined : await freshDatabase()
    const where =
      database === undefined
        ? { DATA_DIR: 'memory' }
        : { DATABASE_URL: database.url, SINGLE_INSTANCE: 'true' }
    service = await startService({ ...where, REDIS_PREFIX: `${name}:`, ...env(redis.url) })
    api = new Api(service.url)
  })

  afterAll(async () => {
    await service?.stop()
    await database?.drop()
  })

  /** What the second of two reads says of itself. */
  const hit =
    cache === 'null' ? /fwd=bypass; detail=no-cache/ : /marketflow; hit; ttl=\d+; detail=l1|detail=l2/

  it('walks from registration to a vendor on a market, and every read sees the last write', async () => {
    const rosa = await organizer(api)
    const vera = await vendor(api, 'Vera’s Apples')
    const created = await rosa.api.post('/markets', {
      name: 'Dock Market',
      city: ' Porto  Alegre ',
      stall_count: 2,
    })
    expect(created.status).toBe(201)
    expect(created.body).toMatchObject({ status: 'draft', vendor_count: 0, slug: 'dock-market-porto-alegre' })
    const path = `/markets/${created.body.id}`
    expect(created.headers.get('location')).toBe(path)

    expect((await api.get(path)).status).toBe(404)
    expect((await vera.api.get(path)).status).toBe(404)
    expect((await rosa.api.get(path)).status).toBe(200)
    expect((await vera.api.post(`${path}/applications`, {})).status).toBe(404)

    expect((await rosa.api.put(path, { status: 'active' })).status).toBe(200)
    const listing = await api.get('/markets?city=porto%20alegre')
    expect(listing.body).toMatchObject({
      total: 1,
      page: 1,
      page_size: 20,
      markets: [{ name: 'Dock Market' }],
    })

    const application = await vera.api.post(`${path}/applications`, { message: 'Apples, pears' })
    expect(application.status).toBe(201)
    expect(application.body).toMatchObject({
      status: 'pending',
      business_name: 'Vera’s Apples',
      market_name: 'Dock Market',
    })
    expect((await vera.api.post(`${path}/applications`, {})).status).toBe(409)
    expect((await api.get(`${path}/stats`)).body).toMatchObject({ pending_applications: 1, open_stalls: 2 })
    expect((await rosa.api.get(`${path}/applications`)).body).toMatchObject({ total: 1 })

    const id = application.body.id
    expect((await rosa.api.post(`/applications/${id}/waitlist`)).body).toEqual({ status: 'waitlisted' })
    expect((await rosa.api.get(`${path}/applications?status=waitlisted`)).body.total).toBe(1)
    expect((await rosa.api.post(`/applications/${id}/accept`)).body).toEqual({ status: 'accepted' })
    expect((await api.get(path)).body.vendors).toEqual([
      { id: vera.vendorId, business_name: 'Vera’s Apples', category: 'vegetables' },
    ])
    expect((await api.get('/markets?city=porto%20alegre')).body.markets[0].vendor_count).toBe(1)

    expect((await vera.api.put(`/vendors/${vera.vendorId}`, { business_name: 'Apples & Co' })).status).toBe(
      200,
    )
    expect((await api.get(path)).body.vendors[0].business_name).toBe('Apples & Co')
    expect((await rosa.api.get(`${path}/applications`)).body.applications[0].business_name).toBe(
      'Apples & Co',
    )
    const dashboard = await rosa.api.get(`/organizers/${rosa.id}/dashboard`)
    expect(dashboard.body).toMatchObject({ markets: { active: 1 }, vendors: 1, pending_applications: 0 })
    expect(dashboard.body.recent_applications[0].business_name).toBe('Apples & Co')

    expect((await rosa.api.put(path, { name: 'Quay Market', city: 'Lisbon' })).status).toBe(200)
    expect((await api.get(`/vendors/${vera.vendorId}`)).body.markets).toMatchObject([
      { name: 'Quay Market', city: 'Lisbon' },
    ])
    expect((await api.get('/markets?city=porto%20alegre')).body.total).toBe(0)
    expect((await vera.api.get(`/vendors/${vera.vendorId}/dashboard`)).body.markets[0].name).toBe(
      'Quay Market',
    )

    expect((await vera.api.post(`/applications/${id}/withdraw`)).body).toEqual({ status: 'withdrawn' })
    expect((await api.get(path)).body).toMatchObject({ vendor_count: 0, vendors: [] })
    expect((await vera.api.get(`/vendors/${vera.vendorId}/dashboard`)).body.applications.withdrawn).toBe(1)
  })

  it('answers the second read from the cache, with the same bytes, and a matching If-None-Match with 304', async () => {
    const market = await activeMarket(await organizer(api))
    const first = await api.get(`/markets/${market}`)
    expect(first.headers.get('cache-status')).toMatch(cache === 'null' ? /fwd=bypass/ : /fwd=miss; stored/)
    const second = await api.get(`/markets/${market}`)
    expect(second.headers.get('cache-status')).toMatch(hit)
    expect(second.text).toBe(first.text)
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'))
    expect(second.headers.get('cache-control')).toBe('private, no-cache')
    const unchanged = await api.get(`/markets/${market}`, { 'if-none-match': first.headers.get('etag')! })
    expect(unchanged.status).toBe(304)
    expect(unchanged.text).toBe('')
  })

  it('never answers 304 to a version that a write has replaced', async () => {
    const rosa = await organizer(api)
    const market = await activeMarket(rosa)
    const before = await api.get(`/markets/${market}`)
    await rosa.api.put(`/markets/${market}`, { description: 'Now with music' })
    const after = await api.get(`/markets/${market}`, { 'if-none-match': before.headers.get('etag')! })
    expect(after.status).toBe(200)
    expect(after.body.description).toBe('Now with music')
  })

  it('keeps others out of what is not theirs', async () => {
    const rosa = await organizer(api)
    const other = await organizer(api)
    const vera = await vendor(api)
    const market = await activeMarket(rosa)
    const application = await applied(vera, market)
    expect((await api.put(`/markets/${market}`, { name: 'Mine' })).status).toBe(401)
    expect((await api.as('forged.token.here').get(`/markets/${market}`)).status).toBe(401)
    expect((await other.api.put(`/markets/${market}`, { name: 'Mine' })).status).toBe(403)
    expect((await vera.api.post('/markets', { name: 'Mine', city: 'X', stall_count: 1 })).status).toBe(403)
    expect((await other.api.get(`/markets/${market}/applications`)).status).toBe(403)
    expect((await other.api.post(`/applications/${application}/accept`)).status).toBe(403)
    expect((await other.api.get(`/organizers/${rosa.id}/dashboard`)).status).toBe(403)
    expect((await other.api.get(`/vendors/${vera.vendorId}/dashboard`)).status).toBe(403)
    expect((await rosa.api.post(`/applications/${application}/withdraw`)).status).toBe(403)
    expect((await vera.api.get(`/markets/${market}/stats`)).body.pending_applications).toBe(1)
  })

  it('tells its health, its readiness and its numbers', async () => {
    expect((await api.get('/healthz')).status).toBe(200)
    const ready = await api.get('/readyz')
    expect(ready.status).toBe(200)
    expect(ready.body).toMatchObject({ cache: { name: cache } })
    expect((await api.get('/metrics')).text).toMatch(
      /^marketflow_cache_reads_total\{view="market-detail",result="\w+"/m,
    )
  })
})
