import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Api } from '../support/api.ts'
import { freshDatabase } from '../support/postgres.ts'
import { type RunningService, runToEnd, startService } from '../support/service.ts'

let dataDir: string
let service: RunningService

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'marketflow-'))
  service = await startService({ DATA_DIR: dataDir })
})

afterEach(async () => {
  await service.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const cache = (...args: string[]) => runToEnd('src/adapters/cli/cache.ts', args, { DATA_DIR: dataDir })

it('explains what the next read will do, invalidates a tag, and explains again', async () => {
  const api = new Api(service.url)
  expect((await cache('explain', '/markets?city=Lisbon')).output).toContain(
    'miss: nothing is stored under this key',
  )
  await api.get('/markets?city=lisbon')
  const filled = await cache('explain', '/markets?city=lisbon')
  expect(filled.output).toContain('markets:active:page:1:size:20:city:lisbon')
  expect(filled.output).toMatch(/next read hit in l1/)
  expect((await api.get('/markets?city=lisbon')).headers.get('cache-status')).toMatch(/; hit/)

  expect((await cache('invalidate', 'markets:active:city:lisbon')).output).toContain('invalidated')
  expect((await cache('explain', '/markets?city=lisbon')).output).toMatch(
    /stamps outdated\n {2}next read miss/,
  )
  expect((await api.get('/markets?city=lisbon')).headers.get('cache-status')).toContain('fwd=miss')
})

it('explains the public pages, under the name that this release has for them', async () => {
  await new Api(service.url).get('/?city=lisbon')
  const { output } = await cache('explain', '/?city=Lisbon')
  expect(output).toMatch(/key {7}page:markets:1:city:lisbon:rendered:[\w-]{12}\n/)
  expect(output).toContain('tag       markets:active:city:lisbon =')
  expect(output).toMatch(/next read hit in l1/)
  expect((await cache('explain', '/m/dock-market')).output).toContain('tag       page:market:dock-market =')
})

it('says what it can explain, how it is used, and when nothing runs', async () => {
  const unknown = await cache('explain', '/healthz')
  expect(unknown.code).toBe(1)
  expect(unknown.output).toContain('/vendors/{id}/dashboard')
  expect((await cache('explain')).code).toBe(64)
  await service.stop()
  const missing = await cache('explain', '/markets')
  expect(missing.code).toBe(1)
  expect(missing.output).toContain('is it running here')
})

it('removes the sockets that killed processes left behind, and no other', async () => {
  const database = await freshDatabase()
  const env = { DATA_DIR: dataDir, DATABASE_URL: database.url }
  const sockets = async () => (await readdir(dataDir)).filter((name) => name.endsWith('.sock'))
  const killed = await startService(env)
  await killed.kill()
  expect(await sockets()).toHaveLength(2)
  const next = await startService(env)
  expect((await sockets()).sort()).toEqual(
    [service, next].map(({ process }) => `control-${process.pid}.sock`).sort(),
  )
  await next.stop()
  await database.drop()
  expect((await cache('explain', '/markets')).output).toContain('next read')
})

it('refuses a tag that no entry can have, and names the forms there are', async () => {
  const typo = await cache('invalidate', 'markets:active', 'markets:actve')
  expect(typo.code).toBe(1)
  expect(typo.output).toContain('No entry has the tag markets:actve')
  expect(typo.output).toContain('market:{id}')
  expect(typo.output).not.toContain('invalidated')
})

it('explains no path that its route refuses, and says what the route says', async () => {
  const api = new Api(service.url)
  const missing = '8a64ea05-90ce-43e8-872f-bf8324b7ac58'
  const paths = {
    '/markets?page=abc': 'query.page',
    '/markets?page_size=0': 'query.page_size',
    '/markets?page=1&page=2': 'query.page',
    '/markets?shop=1': 'query.shop',
    '/markets?city=%E0%A4%A': 'not valid percent-encoded UTF-8',
    '/markets/42': 'no such market',
    [`/markets/${missing}?page=1`]: 'query.page',
    [`/markets/${missing}/applications?status=lost`]: 'query.status',
    '/m/Dock%20Market': 'no such market',
    '//[': 'not cached',
    markets: 'not cached',
    '/sitemap': 'not cached',
    [`/vendors/${missing}/dashboard/more`]: 'not cached',
  }
  for (const [path, said] of Object.entries(paths)) {
    const { code, output } = await cache('explain', path)
    expect([path, code, output]).toEqual([path, 1, expect.stringContaining(said)])
    if (path.startsWith('/markets') && !path.includes('/applications')) {
      expect([path, (await api.get(path)).status]).toEqual([path, expect.toBeOneOf([400, 404])])
    }
  }
})
