import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Api, activeMarket, applied, ok, organizer, vendor } from '../support/api.ts'
import { DOCUMENT } from '../support/api-document.ts'
import { CACHES } from '../support/caches.ts'
import { dose } from '../support/dose.ts'
import { freshDatabase } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type RunningService, startService } from '../support/service.ts'

let redis: TestRedis

beforeAll(async () => {
  redis = await startRedis()
})

afterAll(() => redis.stop())

/** Each has something that the other has not; the rest are in `npm run test:deep`. */
const USUAL = ['tiered on PostgreSQL', 'lru on PGlite']
const EVERY = [
  ...CACHES.map(({ cache, env }) => ({ name: `${cache} on PostgreSQL`, cache, env, embedded: false })),
  { name: 'lru on PGlite', cache: 'lru', env: () => ({ CACHE: 'lru' }), embedded: true },
]
const SERVICES = dose(
  EVERY.filter(({ name }) => USUAL.includes(name)),
  EVERY,
)

describe.each(SERVICES)('the HTTP API, $name', ({ name, cache, env, embedded }) => {
  let service: RunningService
  let database: { url: string; drop(): Promise<void> } | undefined
  let api: Api

  beforeAll(async () => {
    database = embedded ? undefined : await freshDatabase()
    const where = database === undefined ? { DATA_DIR: 'memory' } : { DATABASE_URL: database.url }
    service = await startService({
      ...where,
      PUBLIC_URL: 'https://markets.example.org',
      REDIS_PREFIX: `${name}:`,
      // A slow machine should wait for its Redis here: what is tested is what the cache answers.
      REDIS_TIMEOUT_MS: '1000',
      ...env(redis.url),
    })
    api = new Api(service.url)
  })

  afterAll(async () => {
    await service?.stop()
    await database?.drop()
  })

  /** What the second of two reads says of itself. */
  const hit =
    cache === 'null' ? /fwd=bypass; detail=no-cache/ : /marketflow; hit; ttl=\d+; detail=l1|detail=l2/

  it('tells two towns of one name apart, and a market that moves leaves the one list for the other', async () => {
    const { client } = api
    const rosa = await organizer(api)
    const body = { name: 'Square Market', city: 'Springfield', stall_count: 2, country: 'us' }
    const [illinois, missouri, another] = [
      ok(await rosa.api.client.POST('/markets', { body: { ...body, region: 'IL' } })),
      ok(await rosa.api.client.POST('/markets', { body: { ...body, region: 'MO' } })),
      ok(await rosa.api.client.POST('/markets', { body: { ...body, region: 'MO' } })),
    ]
    expect([illinois.slug, missouri.slug]).toEqual([
      'square-market-springfield',
      'square-market-springfield-mo',
    ])
    expect(another.slug).toMatch(/^square-market-springfield-mo-[0-9a-f]{8}$/)
    const place = {
      street: '1 Old Capitol Plaza',
      postcode: '62701',
      latitude: 39.8011,
      longitude: -89.6484,
      time_zone: 'america/chicago',
      website: 'https://square.example/',
    }
    const params = { path: { id: illinois.id } }
    const opened = await rosa.api.client.PUT('/markets/{id}', {
      params,
      body: { ...place, status: 'active' },
    })
    const known = { ...place, time_zone: 'America/Chicago', region: 'IL', country: 'US' }
    expect(ok(opened)).toMatchObject(known)
    expect(ok(await client.GET('/markets/{id}', { params }))).toMatchObject(known)

    const inRegion = async (region: string) => {
      const { body } = await api.get(`/markets?city=springfield&region=${region}&country=US`)
      return body.markets.map((market: { id: string }) => market.id)
    }
    expect([await inRegion('il'), await inRegion('mo')]).toEqual([[illinois.id], []])
    ok(await rosa.api.client.PUT('/markets/{id}', { params, body: { region: 'MO' } }))
    expect([await inRegion('il'), await inRegion('mo')]).toEqual([[], [illinois.id]])
    const half = await rosa.api.client.PUT('/markets/{id}', { params, body: { latitude: null } })
    expect(half.error).toMatchObject({ code: 'validation-failed', errors: [{ path: 'latitude' }] })
  })

  it('a list is walked by its links, while markets open and close behind and ahead of the reader', async () => {
    const rosa = await organizer(api)
    const region = `walk ${cache} ${embedded}`
    const opened = async (name: string) => {
      const { body } = await rosa.api.post('/markets', { name, city: 'Ames', region, stall_count: 2 })
      await rosa.api.put(`/markets/${body.id}`, { status: 'active' })
      return body.id as string
    }
    const ids = new Map<string, string>()
    for (const name of ['Éclair', 'eclair', 'Beet', 'Zoo', 'Fig']) ids.set(name, await opened(name))
    const walked: string[][] = []
    const told: unknown[] = []
    let path: string | undefined = `/markets?page_size=2&region=${encodeURIComponent(region)}`
    while (path !== undefined) {
      const { body, headers } = await api.get(path)
      walked.push(body.markets.map(({ name }: { name: string }) => name))
      const next: string | undefined = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1]
      expect(next?.includes(`cursor=${body.next_cursor}&`)).toBe(next && true)
      if (walked.length === 1) {
        // Before the reader, and where it is.
        await opened('Apple')
        await rosa.api.put(`/markets/${ids.get('eclair')}`, { status: 'closed' })
      }
      if (walked.length === 2) await opened('Yam')
      told.push([body.total, body.page])
      path = next
    }
    expect(walked).toEqual([
      ['Beet', 'eclair'],
      ['Éclair', 'Fig'],
      ['Yam', 'Zoo'],
    ])

    const first = await api.get(`/markets?page_size=2&region=${encodeURIComponent(region)}`)
    const cursor = first.body.next_cursor as string
    for (const query of [`cursor=${cursor}`, `cursor=${cursor}&region=other`, `cursor=${cursor}A`, 'cursor='])
      expect((await api.get(`/markets?${query}`)).body).toMatchObject({
        code: 'validation-failed',
        errors: [{ path: 'query.cursor' }],
      })
  })

  it('an organizer says when a market opens, cancels a Saturday, and every list, page and calendar says so at once', async () => {
    const rosa = await organizer(api)
    const day = (n: number) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10)
    const here = {
      name: 'Clock Market',
      city: 'Ames',
      region: `IA ${rosa.api.url.length}${cache}`,
      stall_count: 2,
    }
    const { body: market } = await rosa.api.post('/markets', { ...here, time_zone: 'America/Chicago' })
    await rosa.api.put(`/markets/${market.id}`, { status: 'active' })
    const open = async (query: string) => {
      const { body } = await api.get(`/markets?city=ames&${query}`)
      return body.markets.flatMap((each: { days: { date: string; opens: string }[] }) =>
        each.days.map(({ date, opens }) => `${date} ${opens}`),
      )
    }
    expect(await open(`on=${day(3)}`)).toEqual([])
    const weekly = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'].map(
      (weekday) => ({
        weekday,
        opens: '08:00',
        closes: '12:30',
      }),
    )
    const season = { name: 'All year', from: day(2), to: day(9), weekly }
    const scheduled = await rosa.api.put(`/markets/${market.id}/seasons`, { seasons: [season] })
    expect(scheduled.body.seasons).toEqual([season])
    expect(await open(`on=${day(3)}`)).toEqual([`${day(3)} 08:00`])
    expect(await open(`from=${day(1)}&to=${day(3)}`)).toEqual([`${day(2)} 08:00`, `${day(3)} 08:00`])
    expect((await api.get(`/markets/${market.id}/days`)).body.days).toHaveLength(8)

    const storm = { status: 'cancelled', note: 'A storm' }
    const changed = await rosa.api.patch(`/markets/${market.id}/days/${day(3)}`, storm)
    expect(changed.body).toMatchObject({ date: day(3), opens: '08:00', ...storm })
    expect(await open(`on=${day(3)}`)).toEqual([])
    expect(await open(`from=${day(1)}&to=${day(3)}`)).toEqual([`${day(2)} 08:00`])
    const calendar = await fetch(`${service.url}/m/${market.slug}.ics`)
    expect(calendar.headers.get('content-type')).toBe('text/calendar; charset=utf-8')
    expect(await calendar.text()).toMatch(/STATUS:CONFIRMED.*DESCRIPTION:A storm.*STATUS:CANCELLED/s)
    const again = await fetch(`${service.url}/m/${market.slug}.ics`, {
      headers: { 'if-none-match': calendar.headers.get('etag')! },
    })
    expect(again.status).toBe(304)
    expect(await (await fetch(`${service.url}/m/${market.slug}`)).text()).toContain('A storm')

    // What was said of that day outlives another season; a day that is none any more is gone.
    await rosa.api.put(`/markets/${market.id}/seasons`, { seasons: [{ ...season, to: day(4) }] })
    const { body } = await api.get(`/markets/${market.id}/days`)
    expect(body.days.map(({ status }: { status: string }) => status)).toEqual([
      'planned',
      'cancelled',
      'planned',
    ])

    const refused = async (answer: Promise<{ status: number; body: { code: string } }>) =>
      (await answer).body.code
    expect(await refused(rosa.api.patch(`/markets/${market.id}/days/${day(8)}`, storm))).toBe('day-not-found')
    expect(await refused(rosa.api.put(`/markets/${market.id}`, { time_zone: '' }))).toBe('time-zone-missing')
    const other = await organizer(api)
    expect(await refused(other.api.patch(`/markets/${market.id}/days/${day(2)}`, storm))).toBe('forbidden')
    expect(await refused(other.api.put(`/markets/${market.id}/seasons`, { seasons: [] }))).toBe('forbidden')
    expect(await refused(api.get(`/markets?on=${day(400)}`))).toBe('validation-failed')
  })

  it('walks from registration to a vendor on a market, and every read sees the last write', async () => {
    const { client } = api
    const rosa = await organizer(api)
    const vera = await vendor(api, 'Vera’s Apples')
    const created = await rosa.api.client.POST('/markets', {
      body: { name: 'Dock Market', city: ' Porto  Alegre ', stall_count: 2 },
    })
    const draft = ok(created)
    expect(draft).toMatchObject({ status: 'draft', vendor_count: 0, slug: 'dock-market-porto-alegre' })
    expect(created.response.headers.get('location')).toBe(`/markets/${draft.id}`)
    const market = { params: { path: { id: draft.id } } }
    const inPortoAlegre = { params: { query: { city: 'porto alegre' } } }

    expect((await client.GET('/markets/{id}', market)).error?.code).toBe('market-not-found')
    expect((await vera.api.client.GET('/markets/{id}', market)).error?.code).toBe('market-not-found')
    ok(await rosa.api.client.GET('/markets/{id}', market))
    const tooEarly = await vera.api.client.POST('/markets/{id}/applications', { ...market, body: {} })
    expect(tooEarly.error?.code).toBe('market-not-found')

    ok(await rosa.api.client.PUT('/markets/{id}', { ...market, body: { status: 'active' } }))
    expect(ok(await client.GET('/markets', inPortoAlegre))).toMatchObject({
      total: 1,
      page: 1,
      page_size: 20,
      markets: [{ name: 'Dock Market' }],
    })

    const message = { body: { message: 'Apples, pears' } }
    const application = ok(
      await vera.api.client.POST('/markets/{id}/applications', { ...market, ...message }),
    )
    expect(application).toMatchObject({
      status: 'pending',
      business_name: 'Vera’s Apples',
      market_name: 'Dock Market',
    })
    const again = await vera.api.client.POST('/markets/{id}/applications', { ...market, ...message })
    expect(again.error?.code).toBe('already-applied')
    const stats = ok(await client.GET('/markets/{id}/stats', market))
    expect(stats).toMatchObject({ pending_applications: 1, open_stalls: 2 })
    expect(ok(await rosa.api.client.GET('/markets/{id}/applications', market)).total).toBe(1)

    const applied = { params: { path: { id: application.id } } }
    const waitlisted = ok(await rosa.api.client.POST('/applications/{id}/waitlist', applied))
    expect(waitlisted).toMatchObject({ status: 'waitlisted', waiting_position: 1 })
    const waiting = await rosa.api.client.GET('/markets/{id}/applications', {
      params: { ...market.params, query: { status: 'waitlisted' } },
    })
    expect(ok(waiting).total).toBe(1)
    const accepted = ok(await rosa.api.client.POST('/applications/{id}/accept', applied))
    expect(accepted).toMatchObject({ status: 'accepted', waiting_position: null })
    expect(ok(await client.GET('/markets/{id}', market)).vendors).toEqual([
      { id: vera.vendorId, business_name: 'Vera’s Apples', category: 'vegetables', products: [] },
    ])
    expect(ok(await client.GET('/markets', inPortoAlegre)).markets[0]?.vendor_count).toBe(1)

    const self = { params: { path: { id: vera.vendorId } } }
    ok(await vera.api.client.PUT('/vendors/{id}', { ...self, body: { business_name: 'Apples & Co' } }))
    expect(ok(await client.GET('/markets/{id}', market)).vendors[0]?.business_name).toBe('Apples & Co')
    const applications = ok(await rosa.api.client.GET('/markets/{id}/applications', market)).applications
    expect(applications[0]?.business_name).toBe('Apples & Co')
    const dashboard = ok(
      await rosa.api.client.GET('/organizers/{id}/dashboard', { params: { path: { id: rosa.id } } }),
    )
    expect(dashboard).toMatchObject({ markets: { active: 1 }, vendors: 1, pending_applications: 0 })
    expect(dashboard.recent_applications[0]?.business_name).toBe('Apples & Co')

    const moved = { name: 'Quay Market', city: 'Lisbon' }
    ok(await rosa.api.client.PUT('/markets/{id}', { ...market, body: moved }))
    expect(ok(await client.GET('/vendors/{id}', self)).markets).toMatchObject([moved])
    expect(ok(await client.GET('/markets', inPortoAlegre)).total).toBe(0)
    expect(ok(await vera.api.client.GET('/vendors/{id}/dashboard', self)).markets[0]?.name).toBe(
      'Quay Market',
    )

    const withdrawn = ok(await vera.api.client.POST('/applications/{id}/withdraw', applied))
    expect(withdrawn).toMatchObject({ status: 'withdrawn' })
    expect(ok(await client.GET('/markets/{id}', market))).toMatchObject({ vendor_count: 0, vendors: [] })
    expect(ok(await vera.api.client.GET('/vendors/{id}/dashboard', self)).applications.withdrawn).toBe(1)
  })

  it('gives everybody their own things back, and to each side of an application the other’s address', async () => {
    const rosa = await organizer(api, 'Rosa Own')
    const stranger = await organizer(api)
    const [vera, paul, mary] = [await vendor(api, 'Vera’s'), await vendor(api, 'Paul’s'), await vendor(api)]
    const id = await activeMarket(rosa, { name: 'Own Market', stall_count: 1 })
    const draft = ok(
      await rosa.api.client.POST('/markets', { body: { name: 'Draft', city: 'X', stall_count: 1 } }),
    )
    type Own = { readonly id: string; readonly name: string; readonly status: string }
    const own = async (query = ''): Promise<Own[]> => (await rosa.api.get(`/me/markets${query}`)).body.markets
    expect((await own()).map(({ name, status }) => [name, status])).toEqual([
      ['Draft', 'draft'],
      ['Own Market', 'active'],
    ])
    expect((await own('?status=draft')).map(({ name }) => name)).toEqual(['Draft'])

    const applying = await vera.api.post(`/markets/${id}/applications`, { message: 'Apples' })
    const [veras, pauls, marys] = [applying.body.id, await applied(paul, id), await applied(mary, id)]
    expect(applying.headers.get('location')).toBe(`/applications/${veras}`)
    expect((await own()).find((market) => market.id === id)).toMatchObject({ pending_applications: 3 })
    const seen = async ({ api }: { readonly api: Api }, application: string) =>
      (await api.get(`/applications/${application}`)).body
    expect(await seen(vera, veras)).toEqual(applying.body)
    expect(await seen(vera, veras)).toMatchObject({ contact: { name: 'Rosa Own', email: rosa.email } })
    expect(await seen(rosa, veras)).toMatchObject({ contact: { email: vera.email } })
    for (const other of [paul, stranger])
      expect((await seen(other, veras)).code).toBe('application-not-found')
    expect((await api.get(`/applications/${veras}`)).status).toBe(401)
    const { slug } = (await api.get(`/markets/${id}`)).body
    for (const path of [`/markets/${id}`, `/m/${slug}`, `/vendors/${vera.vendorId}`, '/markets'])
      for (const { email } of [rosa, vera]) expect((await api.get(path)).text, path).not.toContain(email)

    // The waiting list is in the order of waitlisting, and not of applying.
    for (const each of [marys, pauls]) await rosa.api.post(`/applications/${each}/waitlist`)
    expect(await seen(paul, pauls)).toMatchObject({ waiting_position: 2 })
    const waiting = await rosa.api.get(`/markets/${id}/applications?status=waitlisted`)
    expect(waiting.body.applications.map((each: { id: string }) => each.id)).toEqual([marys, pauls])
    await rosa.api.post(`/applications/${marys}/reject`)
    expect(await seen(paul, pauls)).toMatchObject({ waiting_position: 1 })
    const pending = (await paul.api.get('/me/applications?status=waitlisted')).body
    expect(pending).toMatchObject({ total: 1, applications: [{ id: pauls, waiting_position: 1 }] })

    expect((await rosa.api.post(`/applications/${veras}/remove`, { reason: 'x' })).status).toBe(409)
    await rosa.api.post(`/applications/${veras}/accept`)
    expect((await rosa.api.post(`/applications/${pauls}/accept`)).body.code).toBe('market-full')
    expect((await rosa.api.post(`/applications/${veras}/remove`, { reason: ' ' })).status).toBe(400)
    for (const other of [vera, stranger])
      expect((await other.api.post(`/applications/${veras}/remove`, { reason: 'x' })).status).toBe(403)
    await rosa.api.post(`/applications/${veras}/remove`, { reason: 'Never there' })
    expect(await seen(vera, veras)).toMatchObject({ status: 'rejected', reason: 'Never there' })
    expect((await rosa.api.post(`/applications/${pauls}/accept`)).status).toBe(200)

    expect((await rosa.api.patch(`/markets/${id}`, { name: 'Mine' })).body.name).toBe('Mine')
    expect(await seen(vera, veras)).toMatchObject({ market_name: 'Mine' })
    expect((await vera.api.patch(`/vendors/${vera.vendorId}`, { business_name: 'V' })).status).toBe(200)
    expect(await seen(rosa, veras)).toMatchObject({ business_name: 'V' })

    const statusOf = async (path: string) => (await stranger.api.get(path)).status
    expect(await statusOf(`/markets/${draft.id}/applications`)).toBe(404)
    expect(await statusOf(`/markets/${id}/applications`)).toBe(403)
    expect((await stranger.api.delete(`/markets/${draft.id}`)).status).toBe(404)
    expect((await stranger.api.delete(`/markets/${id}`)).status).toBe(403)
    expect((await rosa.api.delete(`/markets/${id}`)).body.code).toBe('not-a-draft')
    expect((await rosa.api.delete(`/markets/${draft.id}`)).status).toBe(204)
    expect((await rosa.api.get(`/markets/${draft.id}`)).status).toBe(404)
    expect((await own()).map(({ name }) => name)).toEqual(['Mine'])
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

  it('shows every write on the public pages at once, from the cache until then', async () => {
    const rosa = await organizer(api, 'Rosa <Organizer>')
    const vera = await vendor(api, 'Pears & Co')
    const { body: draft } = await rosa.api.post('/markets', {
      name: 'Mill Market',
      city: 'Évora',
      stall_count: 1,
    })
    const [page, list] = [`/m/${draft.slug}`, '/?city=%C3%A9vora']
    const shows = async (path: string, ...texts: readonly string[]) => {
      const { text, headers } = await api.get(path)
      for (const each of texts) expect(text).toContain(each)
      // A busy machine may lose its lease for a moment: then the second read is no hit yet.
      await expect
        .poll(async () => (await api.get(path)).headers.get('cache-status'), { timeout: 10_000 })
        .toMatch(hit)
      const again = await api.get(path, { 'if-none-match': headers.get('etag')! })
      expect([again.status, again.text]).toEqual([304, ''])
    }

    expect((await api.get(page)).status).toBe(404)
    await shows(list, 'No markets in')
    await rosa.api.put(`/markets/${draft.id}`, { status: 'active' })
    await shows(page, 'Mill Market', '1 of 1 stall is free', 'Rosa &#60;Organizer&#62;')
    await shows(list, '1 market', 'Mill Market', '1 free stall')
    expect((await api.get('/sitemap/1.xml')).text).toContain(`<loc>https://markets.example.org${page}</loc>`)

    const application = await applied(vera, draft.id)
    await rosa.api.post(`/applications/${application}/accept`)
    await shows(page, 'Pears &#38; Co', 'The only stall is taken')
    await shows(list, '1 vendor', 'No free stalls')
    await vera.api.put(`/vendors/${vera.vendorId}`, {
      business_name: 'Plums',
      website: 'https://plums.example',
    })
    await shows(page, 'Plums', 'href="https://plums.example/"')
    await vera.api.post(`/applications/${application}/withdraw`)
    await shows(page, 'No vendor sells here yet.')
    await rosa.api.put(`/markets/${draft.id}`, { city: 'Beja' })
    await shows(page, 'Beja')
    await shows(list, 'No markets in')
    await rosa.api.put(`/markets/${draft.id}`, { status: 'closed' })
    await shows(page, 'Closed at present.')
    expect((await api.get('/sitemap/1.xml')).text).not.toContain(page)
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

  it('tells what a write is in conflict with by a code of its own, and which field is to blame', async () => {
    const rosa = await organizer(api)
    const id = await activeMarket(rosa, { stall_count: 2 })
    await rosa.api.post(`/applications/${await applied(await vendor(api), id)}/accept`)
    const slug = (await rosa.api.get(`/markets/${id}`)).body.slug
    const draft = { name: 'Other', city: 'Lisbon', stall_count: 1 }
    const registration = {
      email: rosa.email,
      password: 'a long enough password',
      name: 'R',
      role: 'organizer',
    }
    const waiting = await applied(await vendor(api), id)
    await rosa.api.post(`/applications/${waiting}/reject`)
    const refusals = [
      [await api.post('/auth/register', registration), 'email-taken', 'email'],
      [await rosa.api.post('/markets', { ...draft, slug }), 'slug-taken', 'slug'],
      [await rosa.api.patch(`/markets/${id}`, { status: 'draft' }), 'wrong-status', 'status'],
      [await rosa.api.post(`/applications/${waiting}/accept`), 'wrong-status', undefined],
    ] as const
    for (const [{ status, body }, code, path] of refusals)
      expect([status, body.code, body.errors?.[0].path]).toEqual([409, code, path])
    await rosa.api.patch(`/markets/${id}`, { status: 'closed' })
    const tooLate = await (await vendor(api)).api.post(`/markets/${id}/applications`)
    expect([tooLate.status, tooLate.body.code]).toEqual([409, 'market-not-active'])
  })

  it('is described by the document that its client is made from', async () => {
    const { data } = await api.client.GET('/openapi.json')
    expect(data).toEqual(JSON.parse(JSON.stringify(DOCUMENT)))
  })

  it('signs an account in again, and knows whose token it is', async () => {
    const { id, email } = await vendor(api)
    const body = { email, password: 'a long enough password' }
    const { account, token } = ok(await api.client.POST('/auth/login', { body }))
    expect(account).toMatchObject({ id, email, role: 'vendor' })
    expect(ok(await api.as(token).client.GET('/me'))).toEqual(account)
  })

  it('tells its health, its readiness and its numbers', async () => {
    expect(ok(await api.client.GET('/healthz'))).toEqual({ status: 'ok' })
    expect(ok(await api.client.GET('/readyz'))).toMatchObject({ cache: { name: cache } })
    expect(ok(await api.client.GET('/metrics', { parseAs: 'text' }))).toMatch(
      /^marketflow_cache_reads_total\{view="market-detail",result="\w+"/m,
    )
  })
})
