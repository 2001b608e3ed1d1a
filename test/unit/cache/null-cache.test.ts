import { expect, it } from 'vitest'
import { NullCache } from '../../../src/adapters/cache/null-cache.ts'

it('says that it is there and keeps nothing', async () => {
  const cache = new NullCache()
  expect(cache).toMatchObject({ name: 'null', reach: 'none' })
  expect(cache.session()).toBeUndefined()
  cache.reset()
  await cache.close()
  expect(cache.health()).toEqual({ connected: true, breaker: 'none', entries: 0, bytes: 0 })
})
