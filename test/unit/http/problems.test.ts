import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  HttpError,
  PROBLEM_TITLES,
  type ProblemCode,
  STATUS_OF,
} from '../../../src/adapters/http/kit/problem.ts'
import { Unavailable } from '../../../src/application/consistency/ports/unavailable.ts'
import { TestApi } from './harness.ts'

describe('problems', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await TestApi.start()
  })
  afterAll(() => api.close())
  beforeEach(() => {
    api.errors.length = 0
  })

  const failWith = (error: unknown) => {
    api.useCases.listMarkets = () => Promise.reject(error)
  }

  it.each(Object.keys(PROBLEM_TITLES) as ProblemCode[])('answers %s by its status', async (code) => {
    failWith(new HttpError(code))
    const response = await api.fetch('/markets')
    expect(response.status).toBe(STATUS_OF[code])
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const requestId = response.headers.get('x-request-id')
    expect(await response.json()).toEqual({
      type: `urn:marketflow:problem:${code}`,
      title: PROBLEM_TITLES[code],
      status: STATUS_OF[code],
      detail: PROBLEM_TITLES[code],
      code,
      instance: `urn:uuid:${requestId}`,
    })
    expect(response.headers.get('www-authenticate')).toBe(response.status === 401 ? 'Bearer' : null)
    expect(response.headers.get('retry-after')).toBe([429, 503].includes(response.status) ? '1' : null)
  })

  it.each([
    [new Unavailable('database-unavailable'), 'database-unavailable', PROBLEM_TITLES['database-unavailable']],
    [new Unavailable('overloaded'), 'overloaded', PROBLEM_TITLES.overloaded],
    [
      new Unavailable('database-unavailable', { message: 'The outcome of the write is unknown' }),
      'database-unavailable',
      'The outcome of the write is unknown',
    ],
  ] as const)('is answered with 503 where the consistency core says %s', async (thrown, code, detail) => {
    failWith(thrown)
    const response = await api.fetch('/markets')
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await response.json()).toMatchObject({ code, title: PROBLEM_TITLES[code], detail })
    expect(api.errors).toEqual([])
  })

  it('passes on how long to wait', async () => {
    failWith(new HttpError('overloaded', undefined, { retryAfterS: 7 }))
    expect((await api.fetch('/markets')).headers.get('retry-after')).toBe('7')
  })

  it.each([
    new Error('connect ECONNREFUSED db.internal:5432 select * from accounts'),
    new HttpError('internal', 'db.internal says select * from accounts'),
    'a thrown string about db.internal and select',
    undefined,
  ])('tells operators of %s, and the client nothing', async (thrown) => {
    failWith(thrown)
    const response = await api.fetch('/markets')
    expect(response.status).toBe(500)
    const text = await response.text()
    expect(text).not.toMatch(/db\.internal|select|ECONN|\.ts|at /)
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', detail: PROBLEM_TITLES.internal })
    expect(api.errors).toHaveLength(1)
  })

  it('tells operators nothing of what clients get wrong', async () => {
    await api.fetch('/nowhere')
    expect(api.errors).toEqual([])
  })

  it('answers HEAD with the status alone', async () => {
    failWith(new HttpError('database-unavailable'))
    const response = await api.fetch('/markets', { method: 'HEAD' })
    expect(response.status).toBe(503)
    expect(await response.text()).toBe('')
  })

  it("keeps the client's request id, unless it could forge a log line", async () => {
    failWith(new HttpError('overloaded'))
    const sent = await api.fetch('/markets', { headers: { 'x-request-id': '01JD4Z.trace-7' } })
    expect(sent.headers.get('x-request-id')).toBe('01JD4Z.trace-7')
    expect(await sent.json()).toMatchObject({ instance: 'urn:marketflow:request:01JD4Z.trace-7' })
    const forged = await api.fetch('/markets', { headers: { 'x-request-id': 'a b" level=error' } })
    expect(forged.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})
