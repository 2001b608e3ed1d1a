import { describe, expect, it } from 'vitest'
import { NullCache } from '../../../src/adapters/cache/null-cache.ts'
import { explainPath } from '../../../src/adapters/http/kit/explain-path.ts'
import { HtmlPages } from '../../../src/adapters/http/pages/html-pages.ts'
import { readRoutes } from '../../../src/adapters/http/route-table.ts'
import { ExplainView } from '../../../src/application/consistency/explanation.ts'
import { Lease, TrustedSessions } from '../../../src/application/consistency/lease.ts'
import { listOf } from '../../../src/application/markets/market-reads.ts'
import { cursorAfter } from '../../../src/application/tables/cursor.ts'
import type { Reads } from '../../../src/application/tables/reads-and-writes.ts'
import { READS } from '../../../src/application/use-cases.ts'
import { ROUTES } from '../../support/api-document.ts'
import { TimerClock } from '../consistency/fakes.ts'
import { MARKET_ID } from './harness.ts'

const publicUrl = 'https://markets.example'
const clock = new TimerClock()
const explainView = new ExplainView(new NullCache(), new TrustedSessions(), new Lease(clock, 1000), clock)
const pages = new HtmlPages(publicUrl)
const rows = readRoutes({ forPages: [], publicUrl })

/** It is May in Chicago, where the markets stand, but not in Greenwich any more. */
const needs = {
  reads: {
    read: async () => ({ exists: true, value: () => ({ time_zone: 'America/Chicago' }) }),
  } as unknown as Reads,
  clock: Object.assign(new TimerClock(), { now: () => Date.parse('2026-06-01T03:07:00.000Z') }),
}
const explain = (path: string) => explainPath(explainView, pages, rows, needs, path)
const page = (key: string) => `${key}:rendered:${pages.version}`

const HERE = { name: 'A', id: MARKET_ID }
const HERE_IN_ALL = cursorAfter(listOf({}), HERE)

describe('explain', () => {
  it.each([
    ['/markets', 'markets:active:page:1:size:20'],
    ['/markets/?city=%20Bern&page=2&page_size=5', 'markets:active:page:2:size:5:city:bern'],
    ['/markets?country=ch&region=BE&city=', 'markets:active:page:1:size:20:country:ch:region:be'],
    [`/markets/${MARKET_ID.toUpperCase()}/stats`, `stats:market:${MARKET_ID}`],
    [
      `/markets/${MARKET_ID}/applications?status=pending`,
      `market:${MARKET_ID}:applications:status:pending:page:1:size:20`,
    ],
    ['/?city=bern&utm_source=letter', page('page:markets:1:city:bern')],
    ['/markets?on=2026-06-06', 'markets:active:page:1:size:20:open:2026-06-06:2026-06-06'],
    [
      `/markets?on=2026-06-06&cursor=${cursorAfter(listOf({ open: { from: '2026-06-06', to: '2026-06-06' } }), HERE)}`,
      `markets:active:after:A:${MARKET_ID}:size:20:open:2026-06-06:2026-06-06`,
    ],
    ['/?day=today', page('page:markets:1:open:today:2026-06-01T03%3A00%3A00.000Z')],
    [`/markets/${MARKET_ID}/days?to=2026-06-07`, `market:${MARKET_ID}:days:2026-05-31:2026-06-07`],
    ['/m/a-market', page('page:market:a-market:2026-05-31')],
    ['/m/a-market.ics', page('page:market:a-market:calendar')],
    ['/sitemap.xml', page('page:sitemap:index')],
    ['/sitemap/3.xml', page('page:sitemap:part:3')],
  ])('tells of %s the key that the route reads', async (path, key) => {
    expect((await explain(path)).key).toBe(key)
  })

  it.each([
    ['/markets?page_size=abc', 'validation-failed', 'query.page_size'],
    ['/markets?nothing=1', 'validation-failed', 'query.nothing'],
    [`/markets?cursor=${HERE_IN_ALL}&city=bern`, 'validation-failed', 'query.cursor'],
    [`/markets?cursor=${HERE_IN_ALL}&page=2`, 'validation-failed', 'query.page'],
    [`/markets?cursor=${HERE_IN_ALL}&on=2026-06-06`, 'validation-failed', 'query.cursor'],
    ['/markets?cursor=', 'validation-failed', 'query.cursor'],
    ['/markets?city=%E0%A4', 'validation-failed', undefined],
    ['/markets/none/stats', 'market-not-found', undefined],
    ['/sitemap/0.xml', 'route-not-found', undefined],
    ['/nowhere', 'validation-failed', 'path'],
    ['/healthz', 'validation-failed', 'path'],
  ])('refuses %s as its route does, or as what is not cached', async (path, code, field) => {
    const refusal = await explain(path).catch((error) => error)
    expect(refusal).toMatchObject({ code, errors: field === undefined ? [] : [{ path: field }] })
  })

  it('knows every read of the registry, and every cached route of the table', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(READS).sort())
    const paths = ROUTES.map(({ path }) => path)
    for (const { path } of rows) expect(paths).toContain(path)
  })
})
