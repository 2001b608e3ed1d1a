import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Operation } from '../../../../src/adapters/http/kit/operation.ts'
import { queryProperties } from '../../../../src/adapters/http/kit/schemas.ts'
import type { View } from '../../../../src/application/consistency/view.ts'
import { READS } from '../../../../src/application/use-cases.ts'
import { ROUTES } from '../../../support/api-document.ts'
import { assertDocumented } from '../../../support/documented-answers.ts'
import { type Ask, EXAMPLES, MARKET_ID, reading, TestApi, VENDOR_ID } from '../harness.ts'

const OPERATIONS = ROUTES.flatMap(({ method, path, operation }) =>
  operation === null ? [] : [{ id: operation.id, method, path, operation }],
)

/** The document's word against the service's, operation by operation. Use cases answer what the document shows. */
describe.each(OPERATIONS)('$id', ({ method, path, operation }) => {
  const { token, query, body, answers } = operation
  const url = path
    .replace(':id', path.startsWith('/vendors') ? VENDOR_ID : MARKET_ID)
    .replace(':date', '2026-12-05')
  const success = Math.min(...answers.map(({ status }) => status))
  const examples = body === undefined ? [undefined] : Object.values(body.examples)
  const right = rightToken(operation)

  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
    showExamples(api)
  })
  afterAll(() => api.close())

  /** Asks as an account that may, and holds the answer against the document. */
  async function ask(ask: Ask = {}, suffix = ''): Promise<{ status: number; code?: string; text: string }> {
    const asked = { method, ...(right && { as: right }), body: examples[0], ...ask }
    const response = await api.fetch(url + suffix, asked)
    const { status, headers } = response
    const text = await response.text()
    assertDocumented(asked.method, url, { status, headers, text })
    return { status, text, code: text.startsWith('{') ? JSON.parse(text).code : undefined }
  }

  it('takes what the document shows, and answers as it says', async () => {
    for (const body of examples) expect((await ask({ body })).status).toBe(success)
  })

  it('asks for the token that the document says', async () => {
    const stranger = await fetch(api.url + url, asStranger(method, examples[0]))
    expect(stranger.status).toBe(token === 'ignored' || token === 'optional' ? success : 401)
    const forged = await ask({ headers: { authorization: 'Bearer forged' } })
    expect(forged.status).toBe(token === 'ignored' ? success : 401)
    if (token === 'organizer') expect((await ask({ as: 'vendor' })).code).toBe('forbidden')
    if (token === 'vendor') expect((await ask({ as: 'organizer' })).code).toBe('forbidden')
  })

  it('takes the parameters that the document names, and no others', async () => {
    const unknown = await ask({}, '?nothing=1')
    expect(unknown.code).toBe('validation-failed')
    for (const [name, schema] of Object.entries(query === undefined ? {} : queryProperties(query))) {
      const value = String(schema.default ?? schema.enum?.[0] ?? schema.examples?.[0] ?? 'Lisbon')
      expect((await ask({}, `?${name}=${value}`)).status, name).toBe(success)
      if (schema.maximum !== undefined) {
        expect((await ask({}, `?${name}=${schema.maximum}`)).status, name).toBe(success)
        expect((await ask({}, `?${name}=${schema.maximum + 1}`)).code, name).toBe('validation-failed')
      }
    }
  })

  const whenRead = async () => {
    const cached = answers.some(({ status }) => status === 304)
    expect((await ask({ headers: { 'if-none-match': '*' } })).status).toBe(cached ? 304 : success)
    expect(await ask({ method: 'HEAD' })).toMatchObject({ status: success, text: '' })
  }

  const whenWritten = async () => {
    expect((await ask({ body: '{' })).code).toBe('malformed-json')
    expect((await ask({ body: ' '.repeat(102_401) })).code).toBe('payload-too-large')
    expect((await ask({ body: 'a=1', headers: { 'content-type': 'text/plain' } })).code).toBe(
      'unsupported-media-type',
    )
    const example = examples[0] ?? {}
    expect((await ask({ body: { ...example, nothing: 1 } })).code).toBe('validation-failed')
    for (const name of Object.keys(example)) {
      const wrong = await ask({ body: { ...example, [name]: {} } })
      expect(wrong.code, name).toBe('validation-failed')
      const { [name]: _, ...less } = example as Record<string, unknown>
      const accepted = body!.schema.safeParse(less).success
      expect((await ask({ body: less })).code, name).toBe(accepted ? undefined : 'validation-failed')
    }
  }

  if (method === 'GET') it('answers If-None-Match as documented, and HEAD without a body', whenRead)
  else it('refuses the bodies that the document does not know', whenWritten)
})

function rightToken({ token }: Operation): Ask['as'] {
  if (token === 'ignored' || token === 'optional') return undefined
  return token === 'account' ? 'vendor' : token
}

function asStranger(method: string, body: unknown): RequestInit {
  const headers = { 'content-type': 'application/json' }
  return { method, ...(body !== undefined && { headers, body: JSON.stringify(body) }) }
}

function showExamples({ useCases }: TestApi): void {
  const hit = { kind: 'hit', tier: 'l1', ttlS: 287 } as const
  for (const [name, { view }] of Object.entries(READS)) {
    const read = async () => reading(view as View<never, unknown>, hit, JSON.stringify(EXAMPLES[name]))
    Object.assign(useCases, { [name]: read })
  }
}
