import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SystemClock } from '../../src/adapters/system/system-clock.ts'
import { SystemRandom } from '../../src/adapters/system/system-random.ts'
import { CachePort } from '../../src/application/consistency/ports/cache-port.ts'
import { readConfig } from '../../src/infrastructure/config.ts'
import { type Service, startService } from '../../src/infrastructure/service.ts'
import { FileCache } from '../contract/examples/file-cache.ts'
import { Api, activeMarket, organizer } from '../support/api.ts'

let directory: string
let service: Service

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marketflow-'))
  const cache = new FileCache(directory, new SystemClock(), new SystemRandom())
  const config = readConfig({
    PORT: '0',
    DATA_DIR: 'memory',
    SEED_DEMO: 'false',
    LOG_LEVEL: 'silent',
    RATE_LIMIT: 'off',
  })
  service = await startService(config, [
    async (container) => {
      const binding = await container.rebind(CachePort)
      binding.toConstantValue(cache)
    },
  ])
})

afterAll(async () => {
  await service.close()
  await rm(directory, { recursive: true })
})

it('runs the service on a cache adapter of one’s own', async () => {
  const api = new Api(service.url)
  const rosa = await organizer(api)
  const market = await activeMarket(rosa)
  expect((await api.get(`/markets/${market}`)).headers.get('cache-status')).toContain('fwd=miss; stored')
  expect((await api.get(`/markets/${market}`)).headers.get('cache-status')).toContain('; hit;')
  await rosa.api.put(`/markets/${market}`, { name: 'Renamed' })
  expect((await api.get(`/markets/${market}`)).body.name).toBe('Renamed')
})
