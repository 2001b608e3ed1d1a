import { expect, it } from 'vitest'
import { doubtsAbout, readConfig } from '../../../src/infrastructure/config/config.ts'

const JWT_SECRET = 'a secret of at least thirty-two bytes'
const DATABASE_URL = 'postgres://marketflow@db.example.org:5432/marketflow'
const REDIS_URL = 'redis://redis.example.org'
const COLLECTOR = 'http://collector.example.org:4318'

it('the cache is tiered where there is a Redis and in this process where there is none, unless it is said', () => {
  expect(readConfig({})).toMatchObject({ cache: 'lru', redisUrls: [] })
  expect(readConfig({ REDIS_URL })).toMatchObject({ cache: 'tiered', redisUrls: [REDIS_URL] })
  expect(readConfig({ REDIS_URL, CACHE: 'near' }).cache).toBe('near')
  expect(readConfig({ CACHE: 'null' }).cache).toBe('null')
  for (const cache of ['redis', 'tiered', 'near'])
    expect(() => readConfig({ CACHE: cache })).toThrow(`REDIS_URL: required with CACHE=${cache}`)
})

it('the nodes of a cluster are told apart by commas, with or without blanks', () => {
  const nodes = ['redis://one.example.org:7000', 'redis://two.example.org:7000']
  expect(readConfig({ REDIS_URL: nodes.join(', ') }).redisUrls).toEqual(nodes)
})

it('a server’s database needs a secret that all instances share, and several workers need a server’s database', () => {
  expect(() => readConfig({ DATABASE_URL })).toThrow('JWT_SECRET: required with DATABASE_URL')
  expect(() => readConfig({ WORKERS: '2' })).toThrow('WORKERS: more than 1 needs a DATABASE_URL')
  expect(readConfig({ DATABASE_URL, JWT_SECRET, WORKERS: '2' }).workers).toBe(2)
  expect(readConfig({ WORKERS: '1' }).workers).toBe(1)
})

it('sizes are in bytes, limits are on unless they are off, and every wrong value is named', () => {
  expect(readConfig({ CACHE_MAX_MB: '3' }).cacheMaxBytes).toBe(3 * 1024 * 1024)
  expect([readConfig({}).rateLimit, readConfig({ RATE_LIMIT: 'off' }).rateLimit]).toEqual([true, false])
  expect(() => readConfig({ PORT: '70000', RATE_LIMIT: 'no' })).toThrow(/ {2}PORT: .*\n {2}RATE_LIMIT: /)
})

it('secrets have a least length: 32 bytes that sign, 16 characters that open a door', () => {
  for (const name of ['JWT_SECRET', 'JWT_SECRET_ACCEPTED']) {
    expect(() => readConfig({ [name]: 'x'.repeat(31) })).toThrow(`${name}: expected at least 32 bytes`)
    expect(() => readConfig({ [name]: 'x'.repeat(32) })).not.toThrow()
  }
  for (const name of ['ADMIN_TOKEN', 'METRICS_TOKEN']) {
    expect(() => readConfig({ [name]: 'x'.repeat(15) })).toThrow(`${name}: expected at least 16 characters`)
    expect(() => readConfig({ [name]: 'x'.repeat(16) })).not.toThrow()
  }
})

it('a variable that has no effect any more is told, and is no error', () => {
  const config = readConfig({ SINGLE_INSTANCE: 'true' })
  expect(doubtsAbout(config)).toEqual([expect.stringMatching(/^SINGLE_INSTANCE: without effect/)])
  expect(doubtsAbout(readConfig({}))).toEqual([])
})

it('spans are made where a collector is named, unless the SDK or the exporter is turned off', () => {
  const sampled = { sampler: 'parentbased_always_on', ratio: 1 }
  expect(readConfig({}).tracing).toBeUndefined()
  for (const name of ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) {
    const env = { [name]: COLLECTOR }
    expect(readConfig(env).tracing).toEqual(sampled)
    expect(readConfig({ ...env, OTEL_SDK_DISABLED: 'false' }).tracing).toEqual(sampled)
    expect(readConfig({ ...env, OTEL_SDK_DISABLED: 'TRUE' }).tracing).toBeUndefined()
    expect(readConfig({ ...env, OTEL_TRACES_EXPORTER: 'none' }).tracing).toBeUndefined()
  }
  const byRatio = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }
  expect(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR, ...byRatio }).tracing).toEqual({
    sampler: 'traceidratio',
    ratio: 0.25,
  })
  expect(Object.keys(readConfig(byRatio)).filter((name) => /otel/i.test(name))).toEqual([])
})
