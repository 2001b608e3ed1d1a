import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { represent } from '../../../src/application/consistency/representation.ts'
import { READS } from '../../../src/application/use-cases.ts'
import { EXAMPLES, MARKET_ID, ORGANIZER, TestApi, VENDOR, VENDOR_ID } from './harness.ts'

const CHANGES = { name: 'Mine' }

describe('If-Match', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())
  beforeEach(() => {
    api.calls.length = 0
  })

  it.each([
    ['"v1"', ['"v1"']],
    ['"a", "b,c" ,"d"', ['"a"', '"b,c"', '"d"']],
    [' * ', '*'],
    // Whatever coding a client has seen it in, it has seen the same text.
    ['"v1.br", "v2.gzip"', ['"v1"', '"v2"']],
    // Weak tags name no bytes, and what is no tag names nothing.
    ['W/"v1"', []],
    ['W/"v1", "v2"', ['"v2"']],
    ['v1', []],
    ['', []],
  ])('%s says that the client has seen %j', async (ifMatch, seen) => {
    const headers = { 'if-match': ifMatch }
    await api.fetch(`/markets/${MARKET_ID}`, { method: 'PATCH', as: 'organizer', body: CHANGES, headers })
    expect(api.calls).toEqual([['updateMarket', MARKET_ID, CHANGES, ORGANIZER, seen]])
  })

  it('reaches every write of what has an ETag, which answers with the new one', async () => {
    const headers = { 'if-match': '"v1"' }
    const seen = ['"v1"']
    const conditions = { seen, once: undefined }
    const writes = [
      [
        'PUT',
        `/markets/${MARKET_ID}`,
        CHANGES,
        'getMarket',
        ['updateMarket', MARKET_ID, CHANGES, ORGANIZER, seen],
      ],
      ['DELETE', `/markets/${MARKET_ID}`, undefined, undefined, ['deleteMarket', MARKET_ID, ORGANIZER, seen]],
      [
        'PATCH',
        `/vendors/${VENDOR_ID}`,
        { category: 'bees' },
        'getVendor',
        ['updateVendor', VENDOR_ID, { category: 'bees' }, VENDOR, seen],
      ],
      ...(['accept', 'reject', 'waitlist'] as const).map(
        (verb) =>
          [
            'POST',
            `/applications/${MARKET_ID}/${verb}`,
            undefined,
            'getApplication',
            [`${verb}Application`, MARKET_ID, ORGANIZER, conditions],
          ] as const,
      ),
      [
        'POST',
        `/applications/${MARKET_ID}/remove`,
        { reason: 'x' },
        'getApplication',
        ['removeVendor', MARKET_ID, ORGANIZER, conditions, 'x'],
      ],
      [
        'POST',
        `/applications/${MARKET_ID}/withdraw`,
        undefined,
        'getApplication',
        ['withdrawApplication', MARKET_ID, VENDOR, conditions],
      ],
    ] as const
    for (const [method, path, body, read, call] of writes) {
      api.calls.length = 0
      const as = call.some((each) => each === VENDOR) ? 'vendor' : 'organizer'
      const answer = await api.fetch(path, { method, as, body, headers })
      expect(api.calls).toEqual([call])
      const { view } = READS[read ?? 'getMarket']
      const sent = represent(view as never, (EXAMPLES[String(call[0])] ?? EXAMPLES.updateMarket) as never)
      expect(answer.headers.get('etag'), path).toBe(read === undefined ? null : sent.etag)
      if (read !== undefined) expect(await answer.text()).toBe(sent.body.toString())
    }
  })

  it.each([
    ['POST', '/markets', { name: 'a', city: 'b', stall_count: 1 }],
    ['POST', '/auth/sign-out-everywhere', undefined],
  ])('holds back a write that is none of something with an ETag: %s %s', async (method, path, body) => {
    const answer = await api.fetch(path, { method, as: 'organizer', body, headers: { 'if-match': '*' } })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      412,
      'precondition-failed',
    ])
    expect(api.calls).toEqual([])
  })
})
