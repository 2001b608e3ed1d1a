import { expect, it } from 'vitest'
import { redisIdentity } from '../../../src/adapters/cache/redis-backed-cache.ts'
import { sharedSettingsOf } from '../../../src/application/consistency/shared-settings.ts'

const URL = 'redis://127.0.0.1:6379'
const shared = (identity = redisIdentity(URL, 'marketflow:')) => ({ reach: 'shared', identity }) as const
const settings = sharedSettingsOf({ leaseMs: 1000 }, shared())

it('instances with another lease do not fit together', () => {
  expect(sharedSettingsOf({ leaseMs: 500 }, shared())).not.toBe(settings)
})

it.each([
  ['another prefix', redisIdentity(URL, 'm:')],
  ['another of Redis’s databases', redisIdentity(`${URL}/2`, 'marketflow:')],
  ['a shared cache of another kind', 'memcached'],
])('instances with %s do not fit together', (_, identity) => {
  expect(sharedSettingsOf({ leaseMs: 1000 }, shared(identity))).not.toBe(settings)
})

it.each([
  ['another way to the server', 'rediss://user:hush@cache.example:6380'],
  ['its first database, by number', 'redis://127.0.0.1:6379/0'],
  ['more nodes of the cluster', 'redis://a:1,redis://b:2'],
])('instances with %s do', (_, url) => {
  expect(sharedSettingsOf({ leaseMs: 1000 }, shared(redisIdentity(url, 'marketflow:')))).toBe(settings)
})

it('an instance of the release before calls the same settings the same', () => {
  expect(settings).toBe('shared/1000/0/marketflow:')
})

it('what a private cache is called means nothing to others, and it does not fit with shared ones', () => {
  const [one, another, none] = [
    { reach: 'private', identity: 'lru' },
    { reach: 'private', identity: 'file' },
    { reach: 'none', identity: 'null' },
  ] as const
  const lru = sharedSettingsOf({ leaseMs: 1000 }, one)
  expect(sharedSettingsOf({ leaseMs: 1000 }, another)).toBe(lru)
  expect(new Set([lru, settings, sharedSettingsOf({ leaseMs: 1000 }, none)]).size).toBe(3)
})
