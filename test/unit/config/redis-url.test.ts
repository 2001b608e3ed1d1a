import { describe, expect, it } from 'vitest'
import { redisAddress } from '../../../src/adapters/cache/redis-address.ts'
import { readConfig } from '../../../src/infrastructure/config/config.ts'

const redisUrls = (REDIS_URL: string) => readConfig({ REDIS_URL }).redisUrls

describe('REDIS_URL', () => {
  it.each([
    'redis://127.0.0.1:6379',
    'redis://cache.example',
    'rediss://app:s%2Fcret@cache.example:6380/2',
    'redis://[::1]:6379/0',
    'redis://cache.example/?family=6',
  ])('may be %s', (url) => {
    expect(redisUrls(url)).toEqual([url])
  })

  it('may name the nodes of a cluster', () => {
    expect(redisUrls('rediss://app:a@a:7000, rediss://app:a@b:7001/')).toHaveLength(2)
  })

  it.each([
    ['db', 'redis://h:6379?db=1'],
    ['autoResendUnfulfilledCommands', 'redis://h?autoResendUnfulfilledCommands=true'],
    ['keyPrefix', 'redis://h/?keyPrefix=a:'],
    ['socketTimeout', 'redis://h/0?socketTimeout=60000'],
    ['Family', 'redis://h?Family=4'],
    ['tls, enableOfflineQueue', 'redis://h?family=4&tls=true&enableOfflineQueue=true'],
    ['keyPrefix', 'redis://a,redis://b?keyPrefix=a:'],
  ])('is refused by name for what would change the protocol: %s', (name, url) => {
    expect(() => redisUrls(url)).toThrow(`REDIS_URL: only ?family= may follow, not ${name}\n`.trim())
  })

  it.each([
    ['redis://h/abc', 'the number of a database'],
    ['redis://h/1/2', 'the number of a database'],
    ['redis://h/-1', 'the number of a database'],
    ['redis://h/1e3', 'the number of a database'],
    ['redis://h?family=5', '4, 6 or 0'],
    ['redis://h#1', '%23'],
    ['redis://:100%@h', '%25'],
    ['http://h', 'expected a URL like redis://host:6379'],
    ['h:6379', 'expected a URL like redis://host:6379'],
    ['redis://a,', 'expected a URL like redis://host:6379'],
    ['redis://:hush@', 'expected a URL like redis://host:6379'],
    ['redis://a/1,redis://b/1', 'no databases but 0'],
    ['redis://a,redis://b/1', 'no databases but 0'],
    ['redis://x@a,redis://y@b', 'the same user, password and scheme'],
    ['redis://:x@a,redis://:y@b', 'the same user, password and scheme'],
    ['redis://:x@a,redis://b', 'the same user, password and scheme'],
    ['redis://a,rediss://b', 'the same user, password and scheme'],
  ])('may not be %s', (url, message) => {
    expect(() => redisUrls(url)).toThrow(message)
    expect(() => redisUrls(url)).toThrow(/REDIS_URL/)
  })
})

it('an address has what the URL says, decoded, and nothing else', () => {
  expect(redisAddress('rediss://app:s%2Fcret@cache.example:6380/2?family=6')).toEqual({
    host: 'cache.example',
    port: 6380,
    username: 'app',
    password: 's/cret',
    db: 2,
    tls: {},
    family: 6,
  })
  expect(redisAddress('redis://[::1]')).toEqual({ host: '::1', port: 6379, db: 0 })
})
