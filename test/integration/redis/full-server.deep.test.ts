import { expect, it } from 'vitest'
import { readConfig } from '../../../src/infrastructure/config/config.ts'
import { startService } from '../../../src/infrastructure/service.ts'
import { Api } from '../../support/api.ts'
import { startRedis } from '../../support/redis.ts'

it('what a full Redis refused is not said to be stored, neither to the reader nor in the metrics', async () => {
  const redis = await startRedis()
  const config = readConfig({
    PORT: '0',
    DATA_DIR: 'memory',
    SEED_DEMO: 'false',
    LOG_LEVEL: 'silent',
    RATE_LIMIT: 'off',
    CACHE: 'redis',
    REDIS_URL: redis.url,
    REDIS_TIMEOUT_MS: '5000',
    LEASE_MS: '10000',
  })
  const service = await startService(config)
  const api = new Api(service.url)
  const cacheStatus = async (page: number) =>
    (await api.get(`/markets?page=${page}`)).headers.get('cache-status')
  await expect.poll(() => cacheStatus(1)).toMatch(/; hit/)

  // The listing's stamp is there already; there is no room for another page.
  await redis.cli('CONFIG', 'SET', 'maxmemory', '1')
  await expect.poll(() => cacheStatus(2)).toBe('marketflow; fwd=miss')
  const { text } = await api.get('/metrics')
  expect(text).toMatch(/^marketflow_cache_fills_total\{view="market-listing",outcome="refused"\} [1-9]/m)
  await service.close()
  await redis.stop()
})
