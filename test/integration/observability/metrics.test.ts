import type { Container } from 'inversify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Statistics } from '../../../src/application/ports/statistics.ts'
import { readConfig } from '../../../src/infrastructure/config/config.ts'
import { type Service, startService } from '../../../src/infrastructure/service.ts'
import { Api, activeMarket, organizer } from '../../support/api.ts'
import { type Family, parseExposition } from '../../support/exposition.ts'
import { documentedMetrics, readAlerts, readDashboard, selectorsOf } from './dashboard.ts'

let service: Service
let statistics: Statistics
let families: Family[]
let market: string

/** One service that has seen a bit of everything. */
beforeAll(async () => {
  let container: Container | undefined
  const env = { PORT: '0', DATA_DIR: 'memory', SEED_DEMO: 'false', LOG_LEVEL: 'silent', RATE_LIMIT: 'off' }
  service = await startService(readConfig({ ...env, SHADOW_CHECK: '1' }), [
    (core) => {
      container = core
    },
  ])
  statistics = await container!.getAsync(Statistics)
  const api = new Api(service.url)
  const rosa = await organizer(api)
  market = await activeMarket(rosa)
  for (let i = 0; i < 3; i++) await api.get(`/markets/${market}`)
  await rosa.api.put(`/markets/${market}`, { name: 'Renamed' })
  await api.get(`/markets/${market}/nothing/here`)
  await vi.waitFor(async () => {
    families = parseExposition((await api.get('/metrics')).text)
    expect(sum('marketflow_shadow_checks_total')).toBe(hits())
  })
})

afterAll(() => service.close())

const hits = () => sum('marketflow_cache_reads_total', { result: 'hit' })

function sum(name: string, labels: Record<string, string> = {}): number {
  const samples = families
    .find((family) => family.name === name)!
    .samples.filter((sample) =>
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
  return samples.reduce((total, { value }) => total + value, 0)
}

/** As `promtool check metrics` would complain. */
function complaints({ name, type, help }: Family): string[] {
  const found: string[] = []
  if (!/^[a-z][a-z0-9_]*$/.test(name)) found.push('is not in snake case')
  if (help === '' || help === name) found.push('has no help')
  if ((type === 'counter') !== name.endsWith('_total')) found.push('ends in _total unless it is no counter')
  if (/_(ms|milliseconds|minutes|hours|kb|mb|kilobytes|megabytes|percent)(_|$)/.test(name))
    found.push('is not in a base unit')
  if (/_(count|sum|bucket)$/.test(name)) found.push('ends like a part of a histogram')
  if (type === 'histogram' && !/_(seconds|bytes)$/.test(name)) found.push('has no unit')
  if (/_(counter|gauge|histogram)(_|$)/.test(name)) found.push('says its type')
  return found.map((what) => `${name} ${what}`)
}

const ours = () => families.filter(({ name }) => name.startsWith('marketflow_'))

describe('metrics', () => {
  it('follow the conventions of Prometheus', () => {
    expect(ours().length).toBeGreaterThan(15)
    expect(ours().flatMap(complaints)).toEqual([])
  })

  it.each([
    ['marketflow_readMs', 'gauge'],
    ['marketflow_reads', 'counter'],
    ['marketflow_age_total', 'gauge'],
    ['marketflow_wait_ms', 'gauge'],
    ['marketflow_wait_count', 'gauge'],
    ['marketflow_wait', 'histogram'],
    ['marketflow_wait_gauge', 'gauge'],
  ])('would not pass as %s (%s)', (name, type) => {
    expect(complaints({ name, type, help: 'Something', samples: [] })).toHaveLength(1)
  })

  it('have few labels of few values: no id, no path, no key', () => {
    const labels = ours().flatMap(({ samples }) => samples.flatMap((sample) => Object.entries(sample.labels)))
    expect(new Set(labels.map(([name]) => name))).toEqual(
      new Set([
        'view',
        'result',
        'detail',
        'outcome',
        'confirmation',
        'method',
        'route',
        'status',
        'le',
        'reason',
        'state',
        'holder',
      ]),
    )
    expect(labels.filter(([, value]) => value.includes(market))).toEqual([])
    const routes = new Set(labels.filter(([name]) => name === 'route').map(([, value]) => value))
    routes.delete('/metrics')
    expect(routes).toEqual(new Set(['/auth/register', '/markets', '/markets/:id', 'unmatched']))
  })

  it('have no more methods than routes have, whatever strangers send', async () => {
    const methods = async () => {
      const text = await (await fetch(`${service.url}/metrics`)).text()
      return [...new Set(Array.from(text.matchAll(/[{,]method="([^"]+)"/g), ([, method]) => method))].sort()
    }
    for (const method of ['PROPFIND', 'PURGE', 'MKCOL', 'DELETE', 'PATCH', 'PUT'])
      await fetch(`${service.url}/healthz`, { method })
    expect(await methods()).toEqual(['GET', 'POST', 'PUT', 'other'])
  })

  it('time requests in seconds', () => {
    const { samples } = families.find(({ name }) => name === 'marketflow_http_request_duration_seconds')!
    const reads = samples.filter(({ labels }) => labels.route === '/markets/:id' && labels.method === 'GET')
    expect(reads.find(({ name }) => name.endsWith('_count'))!.value).toBe(3)
    expect(reads.find(({ labels }) => labels.le === '+Inf')!.value).toBe(3)
  })
})

describe('the dashboard and the operations page', () => {
  /** As Prometheus would store them: a histogram's parts are series of their own. */
  const series = () =>
    new Set(families.flatMap(({ name, samples }) => [name, ...samples.map((each) => each.name)]))

  it('name metrics that exist', async () => {
    const { panels } = await readDashboard()
    const shown = panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => selectorsOf(expr)))
    const documented = await documentedMetrics()
    expect(shown.length).toBeGreaterThan(25)
    expect(documented.length).toBeGreaterThan(15)
    const named = new Set([...shown.map(({ name }) => name), ...documented])
    expect([...named].filter((name) => !series().has(name))).toEqual([])
  })

  it('leave none of ours out', async () => {
    const { panels } = await readDashboard()
    const shown = panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => selectorsOf(expr)))
    const names = shown.map(({ name }) => name.replace(/_(bucket|count|sum)$/, ''))
    expect(
      ours()
        .filter(({ name }) => !names.includes(name))
        .map(({ name }) => name),
    ).toEqual([])
    const documented = await documentedMetrics()
    expect(
      ours()
        .filter(({ name }) => !documented.includes(name))
        .map(({ name }) => name),
    ).toEqual([])
  })

  it('the dashboard selects and groups by labels that exist', async () => {
    const { panels } = await readDashboard()
    const given = [
      'job',
      'instance',
      ...families.flatMap((each) => each.samples.flatMap(({ labels }) => Object.keys(labels))),
    ]
    const used = panels
      .flatMap(({ targets = [] }) => targets)
      .flatMap(({ expr }) => [
        ...selectorsOf(expr).flatMap(({ labels }) => labels),
        ...[...expr.matchAll(/ by \(([^)]*)\)/g)].flatMap(([, labels]) => labels!.split(', ')),
      ])
    expect(new Set(used).difference(new Set(given))).toEqual(new Set())
  })

  it('the alert rules ask for metrics and labels that exist, each says what it means and how urgent it is', async () => {
    const rules = await readAlerts()
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    const labels = new Set(
      families.flatMap((each) => each.samples.flatMap((sample) => Object.keys(sample.labels))),
    )
    for (const { alert, expr, labels: given, annotations } of rules) {
      const selectors = selectorsOf(expr)
      // Prometheus makes `up` itself.
      if (!expr.startsWith('up{')) expect(selectors.length, alert).toBeGreaterThan(0)
      for (const { name, labels: selected } of selectors) {
        expect(series(), alert).toContain(name)
        for (const label of selected) expect(labels, alert).toContain(label)
      }
      expect(['page', 'ticket'], alert).toContain(given.severity)
      expect(annotations.summary.length, alert).toBeGreaterThan(20)
    }
    expect(rules.length).toBeGreaterThan(8)
  })

  it('the dashboard is what Grafana imports: a choice of data source, and panels that do not overlap', async () => {
    const { title, uid, schemaVersion, panels, templating } = await readDashboard()
    expect({ title, uid }).toEqual({ title: 'Marketflow', uid: 'marketflow' })
    expect(schemaVersion).toBeGreaterThanOrEqual(39)
    expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' })
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { type, title: name, datasource, targets, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, name).toBeLessThanOrEqual(24)
      if (type === 'row') continue
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own syntax.
      expect(datasource, name).toEqual({ type: 'prometheus', uid: '${datasource}' })
      expect(targets!.length, name).toBeGreaterThan(0)
    }
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)}:${y + Math.floor(i / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
  })
})

describe('statistics', () => {
  it('tell what an operator’s page shows', async () => {
    const snapshot = await statistics.snapshot()
    expect(snapshot).toMatchObject({
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      cache: {
        name: 'lru',
        connected: true,
        breaker: 'none',
        entries: expect.any(Number),
        bytes: expect.any(Number),
      },
      lease: { held: true, ageMs: expect.any(Number) },
      pending: { rows: 0, oldestMs: 0 },
      loadsInFlight: 0,
      writes: [{ confirmation: 'invalidated', count: 4 }],
      shadow: [{ outcome: 'same', count: hits() }],
      violations: [],
    })
    const ofTheMarket = ({ view }: { view: string }) => view === 'market-detail'
    expect(snapshot.reads.filter(ofTheMarket)).toEqual([
      { view: 'market-detail', result: 'miss', detail: 'stored', count: 1 },
      { view: 'market-detail', result: 'hit', detail: 'l1', count: 2 },
    ])
    expect(snapshot.fills.filter(ofTheMarket)).toEqual([
      { view: 'market-detail', outcome: 'stored', count: 1 },
    ])
    expect(snapshot.loads).toContainEqual({
      view: 'market-detail',
      p50Ms: expect.any(Number),
      p99Ms: expect.any(Number),
    })
    expect(snapshot.latencies).toContainEqual({
      method: 'GET',
      route: '/markets/:id',
      requests: 3,
      failures: 0,
      p50Ms: expect.any(Number),
      p99Ms: expect.any(Number),
    })
    expect(snapshot.invalidations[0]).toMatchObject({
      causes: ['market-edited'],
      tags: expect.arrayContaining([`market:${market}`, 'markets:active:city:lisbon']),
      confirmation: 'invalidated',
    })
    expect(snapshot.invalidations.map(({ causes }) => causes[0])).toEqual([
      'market-edited',
      'market-edited',
      'market-created',
      'organizer-registered',
    ])
  })
})
