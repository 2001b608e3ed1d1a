import { afterAll, beforeAll, expect, it } from 'vitest'
import { Api, activeMarket, applied, organizer, vendor } from '../support/api.ts'
import { type RunningService, startService } from '../support/service.ts'

const OPERATOR = 'a token of sixteen bytes or more'

let service: RunningService
let api: Api

beforeAll(async () => {
  service = await startService({ DATA_DIR: 'memory', ADMIN_TOKEN: OPERATOR })
  api = new Api(service.url)
})

afterAll(() => service?.stop())

/** The line of the last request for an action, which comes a little after its answer. */
async function lineOf(action: string, status: number): Promise<Record<string, unknown>> {
  const find = () =>
    service.log
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .findLast((line) => line.action === action && line.status === status)
  await expect.poll(find).toBeDefined()
  return find()
}

it('every write has a line that says which account did what to which ids, from where', async () => {
  const [rosa, vera] = [await organizer(api), await vendor(api)]
  const market = await activeMarket(rosa)
  const application = await applied(vera, market)
  await rosa.api.post(`/applications/${application}/accept`)
  const [{ body: me }, { body: her }] = [await rosa.api.get('/me'), await vera.api.get('/me')]
  const network = '127.0.0.1'
  expect(await lineOf('createMarket', 201)).toMatchObject({ account: me.id, network, ids: { made: market } })
  expect(await lineOf('updateMarket', 200)).toMatchObject({ account: me.id, network, ids: { id: market } })
  expect(await lineOf('applyToMarket', 201)).toMatchObject({
    account: her.id,
    ids: { id: market, made: application },
  })
  expect(await lineOf('acceptApplication', 200)).toMatchObject({
    account: me.id,
    network,
    ids: { id: application },
  })
  await vera.api.post(`/applications/${application}/reject`)
  expect(await lineOf('rejectApplication', 403)).toMatchObject({ account: her.id, ids: { id: application } })
})

it('a failed login says which account was tried, and from where; neither address nor password', async () => {
  const { body } = await api.post('/auth/register', {
    email: 'lena@example.org',
    password: 'tomatoes in november',
    name: 'Lena',
    role: 'organizer',
  })
  await api.post('/auth/login', { email: 'Lena@example.org', password: 'guessed for lena' })
  expect(await lineOf('logIn', 401)).toMatchObject({ account: body.account.id, network: '127.0.0.1' })
  await api.post('/auth/login', { email: 'stranger@example.org', password: 'guessed for lena' })
  const tried = async () => (await lineOf('logIn', 401)).account
  await expect.poll(tried).toBe('unknown')
  for (const secret of ['lena@example', 'stranger@', 'guessed for lena', 'tomatoes']) {
    expect(service.log.join('\n').toLowerCase()).not.toContain(secret)
  }
})

it('a deleted account is known to the log by its id', async () => {
  const lena = await organizer(api)
  await lena.api.send('DELETE', '/me', { current_password: 'a long enough password' })
  expect(await lineOf('deleteAccount', 204)).toMatchObject({ account: lena.id, network: '127.0.0.1' })
  expect(service.log.join('\n')).not.toContain(lena.email)
})

it('what the operator does says so', async () => {
  const headers = { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ tags: ['markets:active'] })
  const { status } = await fetch(`${service.url}/admin/invalidate`, { method: 'POST', headers, body })
  const line = await lineOf('POST /admin/invalidate', status)
  expect(line).toMatchObject({ account: 'operator', network: '127.0.0.1' })
  expect(service.log.join('\n')).not.toContain(OPERATOR)
})
