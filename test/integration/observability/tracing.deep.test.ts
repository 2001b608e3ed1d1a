import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Api, activeMarket, organizer, type Person } from '../../support/api.ts'
import { type Collector, type ReceivedSpan, startCollector, treeOf } from '../../support/otlp-collector.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { startRedis } from '../../support/redis.ts'
import { startService } from '../../support/service.ts'

const CALLERS_TRACE = '0af7651916cd43dd8448eb211c80319c'
const CALLERS_SPAN = 'b7ad6b7169203331'

describe('with a collector', () => {
  let collector: Collector
  let log: readonly string[]
  let market: string
  let responseOf: Record<'miss' | 'hit' | 'write' | 'unsampled', Headers>

  /** What was done, and told to the collector by the time the service has stopped. */
  beforeAll(async () => {
    const [database, redis] = await Promise.all([freshDatabase(), startRedis()])
    collector = await startCollector()
    const service = await startService({
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      REDIS_TIMEOUT_MS: '1000',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_SERVICE_NAME: 'market-square',
      TRUST_PROXY: '1',
    })
    const api = new Api(service.url)
    const rosa: Person = await organizer(api)
    market = await activeMarket(rosa)
    const path = `/markets/${market}`
    const miss = await api.get(path)
    const hit = await api.get(path, { traceparent: `00-${CALLERS_TRACE}-${CALLERS_SPAN}-01` })
    const unsampled = await api.get(path, { traceparent: `00-${'c'.repeat(32)}-${CALLERS_SPAN}-00` })
    const write = await rosa.api.put(path, { name: 'Renamed' })
    await api.get('/markets?city=lisbon')
    await api.get('/nowhere')
    responseOf = { miss: miss.headers, hit: hit.headers, write: write.headers, unsampled: unsampled.headers }
    expect(await service.stop()).toBe(0)
    log = service.log
    await Promise.all([redis.stop(), database.drop()])
  })

  afterAll(() => collector.close())

  function requestOf(answer: keyof typeof responseOf): ReceivedSpan {
    const [, traceId, spanId] = responseOf[answer].get('traceresponse')!.split('-')
    return collector.spans.find((span) => span.traceId === traceId && span.spanId === spanId)!
  }

  const childrenOf = (root: ReceivedSpan, name: string) =>
    collector.spans.find((span) => span.traceId === root.traceId && span.name === name)!

  it('a miss is a lookup, a load in one snapshot, and a store', () => {
    expect(treeOf(collector.spans, requestOf('miss'))).toEqual([
      'GET /markets/{id}',
      '  cache lookup',
      '    MGET',
      // A stamp for the market's own tag, one for that of its kind, and the lease of the load.
      '    SET',
      '    SET',
      '    SET',
      '    MGET',
      '  load',
      '    START',
      '    SELECT',
      '    COMMIT',
      '  cache store',
      '    SET',
    ])
  })

  it('a hit is a lookup, below the caller’s span', () => {
    const hit = requestOf('hit')
    expect(hit).toMatchObject({ traceId: CALLERS_TRACE, parentSpanId: CALLERS_SPAN })
    expect(treeOf(collector.spans, hit)).toEqual(['GET /markets/{id}', '  cache lookup', '    MGET'])
  })

  it('a write is a transaction, and the wait for its invalidation', () => {
    const tree = treeOf(collector.spans, requestOf('write'))
    expect(tree[0]).toBe('PUT /markets/{id}')
    expect(tree.filter((line) => /^ {2}\S/.test(line)).slice(-2)).toEqual([
      '  transaction',
      '  confirm write',
    ])
    expect(tree).toContain('    BEGIN')
    expect(tree).toContain('    INSERT')
    expect(tree.slice(-2)).toEqual(['  confirm write', '    drain'])
  })

  it('spans carry what the semantic conventions ask for', () => {
    const hit = requestOf('hit')
    expect(hit.kind).toBe(2)
    expect(hit.resource).toMatchObject({
      'service.name': 'market-square',
      'telemetry.sdk.language': 'nodejs',
    })
    expect(hit.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.route': '/markets/{id}',
      'http.response.status_code': 200,
      'url.path': `/markets/${market}`,
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': expect.any(Number),
      'client.address': '127.0.0.1',
      'network.protocol.version': '1.1',
      'marketflow.cache.status': responseOf.hit.get('cache-status'),
    })
    expect(childrenOf(hit, 'cache lookup').attributes).toEqual({
      'marketflow.cache.name': 'tiered',
      'marketflow.cache.key': `market:${market}:detail`,
      'marketflow.cache.tags': [`market:${market}`, 'every:market'],
      'marketflow.cache.found': true,
      'marketflow.cache.tier': 'l1',
    })
    const redis = childrenOf(hit, 'MGET')
    expect(redis.kind).toBe(3)
    expect(redis.attributes).toMatchObject({
      'db.system.name': 'redis',
      'db.operation.name': 'MGET',
      'server.address': '127.0.0.1',
    })
    const sql = childrenOf(requestOf('miss'), 'SELECT')
    expect(sql.kind).toBe(3)
    expect(sql.attributes).toMatchObject({
      'db.system.name': 'postgresql',
      'db.namespace': expect.stringMatching(/^marketflow_test_/),
      'db.query.text': expect.stringContaining('$1'),
    })
    expect(childrenOf(requestOf('write'), 'confirm write').attributes).toMatchObject({
      'marketflow.write.confirmation': 'invalidated',
      'marketflow.write.tags': expect.arrayContaining([`market:${market}`]),
    })
    const listing = collector.spans.find(({ name }) => name === 'GET /markets')!
    expect(listing.attributes).toMatchObject({ 'url.path': '/markets', 'url.query': 'city=lisbon' })
    const unknown = collector.spans.find(({ attributes }) => attributes['url.path'] === '/nowhere')!
    expect(unknown).toMatchObject({ name: 'GET', attributes: { 'http.response.status_code': 404 } })
    expect(unknown.status ?? 0).toBe(0)
  })

  it('nothing is sent that the caller did not sample, and no trace begins without a request', () => {
    expect(requestOf('unsampled')).toBeUndefined()
    expect(responseOf.unsampled.get('traceresponse')).toMatch(/^00-c{32}-[0-9a-f]{16}-00$/)
    const roots = collector.spans.filter(({ parentSpanId }) => parentSpanId === undefined)
    expect(roots.filter(({ kind }) => kind !== 2)).toEqual([])
  })

  it('no secret is in a span', () => {
    const text = JSON.stringify(collector.spans)
    // A token, a password, its hash, an e-mail address, what a person wrote.
    expect(text).not.toMatch(/Bearer|eyJ|long enough password|\$argon2|@example\.org|Renamed/)
    expect(text).toContain('insert into \\"accounts\\"')
  })

  it('log lines of requests name their trace', () => {
    const line = log.map((each) => JSON.parse(each)).find(({ trace_id }) => trace_id === CALLERS_TRACE)
    expect(line).toMatchObject({ msg: 'request', route: '/markets/:id', status: 200 })
  })
})

describe('without a collector', () => {
  it('nothing is traced, and the SDK is not even loaded', async () => {
    const hook = `
      import { registerHooks } from 'node:module'
      registerHooks({ load(url, context, next) {
        if (url.includes('@opentelemetry/')) console.log(JSON.stringify({ loaded: url }))
        return next(url, context)
      } })`
    const service = await startService({
      DATA_DIR: 'memory',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}`,
    })
    const { headers } = await new Api(service.url).get('/markets', {
      traceparent: `00-${CALLERS_TRACE}-${CALLERS_SPAN}-01`,
    })
    await service.stop()
    expect(headers.has('traceresponse')).toBe(false)
    const loaded = service.log.flatMap((line) => (JSON.parse(line).loaded as string | undefined) ?? [])
    expect(loaded.filter((url) => !url.includes('/@opentelemetry/api/'))).toEqual([])
    // The hook works: the API alone is loaded.
    expect(loaded.length).toBeGreaterThan(0)
  })
})
