import { afterEach, expect, it } from 'vitest'
import { TestApi } from './harness.ts'

const LOGIN = { email: 'ada@example.org', password: 'tomatoes in november' }

let api: TestApi
afterEach(() => api.close())

/** The signal that a login is given; it is answered when the test says so. */
async function login(answered: Promise<void>) {
  api = await TestApi.start()
  const { logIn } = api.useCases
  const signal = Promise.withResolvers<AbortSignal>()
  api.useCases.logIn = async (email, password, given) => {
    signal.resolve(given!)
    await answered
    return logIn(email, password)
  }
  const leaving = new AbortController()
  const asked = fetch(`${api.url}/auth/login`, {
    method: 'POST',
    body: JSON.stringify(LOGIN),
    headers: { 'content-type': 'application/json' },
    signal: leaving.signal,
  })
  asked.catch(() => {})
  return { asked, leave: () => leaving.abort(), signal: await signal.promise }
}

it('what a client waits for is told when it goes away, so that its work need not be begun', async () => {
  const never = Promise.withResolvers<void>()
  const { leave, signal } = await login(never.promise)
  expect(signal.aborted).toBe(false)
  leave()
  await expect.poll(() => signal.aborted).toBe(true)
  expect(signal.reason).toMatchObject({ code: 'overloaded' })
  never.resolve()
})

it('a client that has its answer has not gone away', async () => {
  const { asked, signal } = await login(Promise.resolve())
  expect((await asked).status).toBe(200)
  await expect.poll(() => api.reports).toHaveLength(1)
  expect(signal.aborted).toBe(false)
})
