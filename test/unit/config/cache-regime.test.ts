import { expect, it } from 'vitest'
import { regimeOf } from '../../../src/infrastructure/cache-regime.ts'

const CONFIG = { leaseMs: 1000, redisUrls: ['redis://127.0.0.1:6379'], redisPrefix: 'marketflow:' }
const SHARED = { reach: 'shared' } as const
const regime = regimeOf(CONFIG, SHARED)

it.each([
  ['another lease', { leaseMs: 500 }],
  ['another prefix', { redisPrefix: 'm:' }],
  ['another of Redis’s databases', { redisUrls: ['redis://127.0.0.1:6379/2'] }],
])('instances with %s do not fit together', (_, other) => {
  expect(regimeOf({ ...CONFIG, ...other }, SHARED)).not.toBe(regime)
})

it.each([
  ['another way to the server', ['rediss://user:hush@cache.example:6380']],
  ['its first database, by number', ['redis://127.0.0.1:6379/0']],
  ['more nodes of the cluster', ['redis://a:1', 'redis://b:2']],
])('instances with %s do', (_, redisUrls) => {
  expect(regimeOf({ ...CONFIG, redisUrls }, SHARED)).toBe(regime)
})

it('what Redis is called means nothing to caches that do not use it, and those do not fit with shared ones', () => {
  const lru = regimeOf({ ...CONFIG, redisUrls: [] }, { reach: 'private' })
  expect(regimeOf({ ...CONFIG, redisPrefix: 'm:' }, { reach: 'private' })).toBe(lru)
  expect(new Set([lru, regime, regimeOf(CONFIG, { reach: 'none' })]).size).toBe(3)
})
