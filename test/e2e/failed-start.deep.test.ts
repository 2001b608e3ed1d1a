import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { trace } from '@opentelemetry/api'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readConfig } from '../../src/infrastructure/config/config.ts'
import { startService } from '../../src/infrastructure/service.ts'
import { startCollector } from '../support/otlp-collector.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type RunningService, runToEnd, startService as startProcess } from '../support/service.ts'

const MAIN = 'src/infrastructure/bin/main.ts'

let dataDir: string
let database: FreshDatabase
let redis: TestRedis

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'marketflow-'))
  database = await freshDatabase()
  redis = await startRedis()
})

afterAll(async () => {
  await redis.stop()
  await database.drop()
  await rm(dataDir, { recursive: true, force: true })
})

const environment = () => ({
  DATA_DIR: dataDir,
  DATABASE_URL: database.url,
  JWT_SECRET: 'a secret that every test instance shares',
  PORT: '0',
  SEED_DEMO: 'false',
})

/** Each of these would wait for ever for a process that says why it gives up, and then stays. */
describe.each(['tiered', 'redis'])('beside an instance with other settings, CACHE=%s', (cache) => {
  let other: RunningService

  beforeAll(async () => {
    other = await startProcess({ ...environment(), CACHE: 'lru' })
  })
  afterAll(() => other.stop())

  const env = () => ({ ...environment(), CACHE: cache, REDIS_URL: redis.url })

  it('the service says so and ends', async () => {
    const { code, output } = await runToEnd(MAIN, [], env())
    expect(output).toContain('Another instance of Marketflow uses this database with other cache settings')
    expect(code).toBe(78)
  })

  it('the import says so and ends', async () => {
    const file = join(dataDir, 'markets.csv')
    await writeFile(file, 'FMID,MarketName,city\n')
    const { code, output } = await runToEnd('src/infrastructure/bin/import.ts', [file], env())
    expect(output).toContain('Another instance of Marketflow uses this database with other cache settings')
    expect(code).toBe(78)
  })
})

describe('on a port that is taken', () => {
  it.each(['null', 'lru', 'redis', 'tiered'])(
    'the service ends and closes its socket, CACHE=%s',
    async (cache) => {
      const taken = createServer().listen(0, '127.0.0.1')
      await once(taken, 'listening')
      const { code, output } = await runToEnd(MAIN, [], {
        ...environment(),
        CACHE: cache,
        REDIS_URL: redis.url,
        PORT: String((taken.address() as AddressInfo).port),
      })
      taken.close()
      expect(output).toContain('(EADDRINUSE): another process listens there.')
      expect(output).not.toContain('    at ')
      expect(code).toBe(78)
      expect((await readdir(dataDir)).filter((name) => name.endsWith('.sock'))).toEqual([])
    },
  )
})

it('what was traced until a start failed is sent', async () => {
  const collector = await startCollector()
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url)
  const config = readConfig({
    DATA_DIR: 'memory',
    LOG_LEVEL: 'silent',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  })
  const failing = () => {
    trace.getTracer('test').startSpan('start').end()
    throw new Error('not today')
  }
  await expect(startService(config, [failing])).rejects.toThrow('not today')
  expect(collector.spans.map(({ name }) => name)).toEqual(['start'])
  await collector.close()
})
