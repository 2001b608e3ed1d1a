import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listOf } from '../../src/application/markets/market-reads.ts'
import { cursorAfter } from '../../src/application/tables/cursor.ts'
import { Api, activeMarket, applied, organizer, type Person, vendor } from '../support/api.ts'
import { type RunningService, startService } from '../support/service.ts'

let service: RunningService
let api: Api
let rosa: Person
let vera: Person
let market: string
let application: string

beforeAll(async () => {
  service = await startService({ DATA_DIR: 'memory' })
  api = new Api(service.url)
  rosa = await organizer(api)
  vera = await vendor(api)
  market = await activeMarket(rosa)
  application = await applied(vera, market)
})

afterAll(() => service.stop())

/** Everything that a hostile request could have changed, as its owner sees it. */
async function world(): Promise<string> {
  const answers = await Promise.all([
    rosa.api.get(`/markets/${market}`),
    rosa.api.get(`/markets/${market}/applications`),
    rosa.api.get(`/organizers/${rosa.id}/dashboard`),
    vera.api.get(`/vendors/${vera.vendorId}`),
    api.get('/markets'),
  ])
  return answers.map((answer) => answer.text).join('\n')
}

const WRITES = () => [
  ['POST', '/markets'],
  ['PUT', `/markets/${market}`],
  ['POST', `/markets/${market}/applications`],
  ['PUT', `/vendors/${vera.vendorId}`],
  ['POST', `/applications/${application}/accept`],
  ['POST', '/auth/register'],
  ['POST', '/auth/login'],
]

const nasty = fc.oneof(
  fc.constantFrom(
    '\0',
    'a\0b',
    '\ud800',
    "'; drop table markets; --",
    '{{7*7}}',
    '../../etc/passwd',
    'x'.repeat(50_000),
  ),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.constantFrom(-1, 0, 1e308, 2 ** 53, null, true, [], {}),
)
const field = fc.constantFrom(
  'name',
  'city',
  'stall_count',
  'status',
  'slug',
  'description',
  'message',
  'website',
  'email',
)
const body = fc.oneof(
  fc
    .dictionary(fc.oneof(field, fc.constantFrom('__proto__', 'constructor', 'id', 'role')), nasty)
    .map((each) => JSON.stringify(each)),
  fc.json(),
  fc.constantFrom('', '{', '[]', 'null', '"', '['.repeat(20_000), `{"name":"${'x'.repeat(200_000)}"}`),
)

it('hostile bodies get a 4xx problem, never a 5xx, and change nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.constantFrom(rosa, vera), body, async (route, person, text) => {
      const before = await world()
      const [method, path] = WRITES()[route % WRITES().length]!
      const response = await fetch(service.url + path, {
        method: method!,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${person.api.token}` },
        body: text,
      })
      const answer = await response.text()
      expect(response.status, answer).toBeLessThan(500)
      // Some of what is generated is valid after all, such as an application without a message.
      if (response.status < 400) return
      expect(response.headers.get('content-type')).toContain('application/problem+json')
      expect(answer).not.toMatch(/select |insert |node_modules|at .*\.ts/)
      expect(await world()).toBe(before)
    }),
    { numRuns: 150 },
  )
})

it.each([
  '/markets?page=0',
  '/markets?page=1e9',
  '/markets?page_size=101',
  '/markets?page=1&page=2',
  '/markets?city=%00',
  '/markets?city=%FF',
  '/markets?sort=name',
  '/markets?cursor=%00',
  `/markets?cursor=${'A'.repeat(600)}`,
  `/markets?cursor=${cursorAfter(listOf({}), { name: 'a\0b', id: '0b8f3f0a-8a44-4b0a-9d7c-3b8b7c1a2d3e' })}`,
  `/markets?cursor=${cursorAfter(listOf({}), { name: '', id: '0b8f' })}`,
  '/markets/%00',
  `/markets/${'9'.repeat(5000)}`,
  '/markets/__proto__/stats',
  '/vendors/1%27%20or%201=1',
  '/%E0%A4%A',
])('GET %s gets a 4xx problem', async (path) => {
  const answer = await api.get(path)
  expect(answer.status).toBeGreaterThanOrEqual(400)
  expect(answer.status).toBeLessThan(500)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
})
