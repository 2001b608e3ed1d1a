import fc from 'fast-check'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { MARKET_ID, TestApi, VENDOR_ID } from './harness.ts'

const WRITES = [
  ['POST', '/auth/register', undefined],
  ['POST', '/auth/login', undefined],
  ['POST', '/markets', 'organizer'],
  ['PUT', `/markets/${MARKET_ID}`, 'organizer'],
  ['POST', `/markets/${MARKET_ID}/applications`, 'vendor'],
  ['POST', `/applications/${MARKET_ID}/accept`, 'organizer'],
  ['PUT', `/vendors/${VENDOR_ID}`, 'vendor'],
] as const

const FIELDS = [
  'email',
  'password',
  'name',
  'role',
  'business_name',
  'category',
  'city',
  'description',
  'stall_count',
  'slug',
  'status',
  'message',
  'website',
  '__proto__',
  'toString',
]

const text = fc.string({ unit: 'binary', maxLength: 300 })
const value = fc.oneof(
  text,
  fc.constantFrom('organizer', 'vendor', 'active', 'a@example.org', 'https://a.example', ''),
  fc.integer(),
  fc.double(),
  fc.jsonValue({ maxDepth: 4 }),
)
const body = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.dictionary(fc.constantFrom(...FIELDS), value).map((each) => JSON.stringify(each)),
  },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: text.filter((each) => each !== '') },
)

describe('hostile input', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())

  it('gets a 4xx or reaches a use case whole: never a 5xx, never both', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...WRITES), body, async ([method, path, as], sent) => {
        api.calls.length = 0
        const { status } = await api.fetch(path, { method, body: sent, ...(as !== undefined && { as }) })
        return status < 400 ? api.calls.length === 1 : status < 500 && api.calls.length === 0
      }),
      { numRuns: 500 },
    )
  })

  it('gets the same through paths and queries', async () => {
    const part = fc.oneof(text, fc.constantFrom('%', '..', '%00', MARKET_ID)).map(encodeURIComponentLeniently)
    await fc.assert(
      fc.asyncProperty(part, part, async (segment, query) => {
        for (const path of [`/markets/${segment}`, `/markets?city=${query}`, `/markets?${query}=1`]) {
          const { status } = await api.fetch(path)
          if (status >= 500) return false
        }
        return true
      }),
      { numRuns: 100 },
    )
  })
})

/** Half of an emoji has no encoding; it is sent as it is, for the client to mangle. */
function encodeURIComponentLeniently(part: string): string {
  return part.isWellFormed() ? encodeURIComponent(part) : part
}
