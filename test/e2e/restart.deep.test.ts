import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Api, activeMarket, organizer } from '../support/api.ts'
import { runToEnd, startService } from '../support/service.ts'

let dataDir: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'marketflow-'))
})

afterEach(() => rm(dataDir, { recursive: true, force: true }))

const embedded = () => ({ DATA_DIR: dataDir, JWT_SECRET: '' })

describe('the embedded database', () => {
  it('keeps its data, and its tokens stay good, across a restart', async () => {
    const first = await startService(embedded())
    const rosa = await organizer(new Api(first.url))
    const market = await activeMarket(rosa, { name: 'Evergreen' })
    expect(await first.stop()).toBe(0)
    const second = await startService(embedded())
    expect((await new Api(second.url).get(`/markets/${market}`)).body.name).toBe('Evergreen')
    expect((await rosa.api.at(second.url).put(`/markets/${market}`, { name: 'Evergreens' })).status).toBe(200)
    await second.stop()
  })

  it('belongs to one process', async () => {
    const service = await startService(embedded())
    const { code, output } = await runToEnd('src/infrastructure/bin/main.ts', [], {
      ...embedded(),
      PORT: '0',
    })
    expect(code).toBe(78)
    expect(output).toContain('in use')
    await service.stop()
  })

  it('is filled with demo data once', async () => {
    const listed = async () => {
      const service = await startService({ ...embedded(), SEED_DEMO: 'true' })
      const { total } = (await new Api(service.url).get('/markets')).body
      await service.stop()
      return total
    }
    const first = await listed()
    expect(first).toBeGreaterThan(30)
    expect(await listed()).toBe(first)
  })
})

describe('a wrong configuration', () => {
  it('names every wrong value and exits with 78', async () => {
    const env = { PORT: 'eighty', CACHE: 'magic', LEASE_MS: '5', DATABASE_URL: 'mysql://nope' }
    const { code, output } = await runToEnd('src/infrastructure/bin/main.ts', [], env)
    expect(code).toBe(78)
    for (const name of Object.keys(env)) expect(output).toContain(name)
    expect(output).toContain('expected tiered, near, redis, lru or null')
  })

  it('asks for what depends on something else', async () => {
    const env = { CACHE: 'redis', DATABASE_URL: 'postgres://localhost/x' }
    const { code, output } = await runToEnd('src/infrastructure/bin/main.ts', [], env)
    expect(code).toBe(78)
    expect(output).toContain('REDIS_URL: required with CACHE=redis')
    expect(output).toContain('JWT_SECRET: required with DATABASE_URL')
  })
})

/** Makes the process signal itself when it has read the first of its own modules, which takes no time that one could hit. */
const SIGNALLED_WHILE_READING = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  let asked = false
  registerHooks({
    load(url, context, next) {
      if (!asked && url.endsWith('/src/infrastructure/config/config.ts')) {
        asked = true
        process.kill(process.pid, 'SIGTERM')
      }
      return next(url, context)
    },
  })
`)}`

describe('a signal that comes while the process still reads its modules', () => {
  it.each([
    ['one that serves alone', () => embedded()],
    [
      'the supervisor of workers',
      () => ({ WORKERS: '2', DATABASE_URL: 'postgres://127.0.0.1:1/nowhere', JWT_SECRET: 'x'.repeat(32) }),
    ],
  ])('ends %s in order', async (_name, env) => {
    const { code, output } = await runToEnd('src/infrastructure/bin/main.ts', [], {
      ...env(),
      PORT: '0',
      NODE_OPTIONS: `--import=${SIGNALLED_WHILE_READING}`,
    })
    expect(output).not.toContain('listening')
    expect(code).toBe(0)
  })
})
