import { existsSync } from 'node:fs'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readCommandConfig, readConfig, VARIABLES } from '../../src/infrastructure/config.ts'
import {
  COMPOSE,
  COMPOSE_TEXT,
  type ComposeService,
  environmentOf,
  mebibytes,
  ROOT,
  read,
  referencesIn,
} from './compose-file.ts'

const { migrate, service, proxy, postgres, redis } = COMPOSE.services as Record<string, ComposeService>
/** In MiB, of the machine that all of it runs on. */
const MACHINE = 4096
/** Connections of one instance: the pool, the invalidation log, and migrating. */
const CONNECTIONS = 12
/** Four hashes at once (the thread pool) of 19 MiB each, and what Node takes before any of it, in MiB. */
const HASHING = 4 * 19
const NODE = 100

function memory(of: ComposeService): number {
  return mebibytes(of.deploy?.resources?.limits?.memory ?? 'unlimited')
}

function setting(of: ComposeService, pattern: RegExp): string {
  const found = pattern.exec([of.command ?? []].flat().join(' '))?.[1]
  if (found === undefined) throw new Error(`${of.command} has no ${pattern}`)
  return found
}

describe('the compose file for production', () => {
  const schema = JSON.parse(read('test/deployment/compose-spec/compose_spec.json'), (key, value) =>
    // Written for a draft in which a schema was named by `id`; nothing refers to these names.
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  )
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema)

  it('is one by the Compose Specification', () => {
    validate(parse(COMPOSE_TEXT, { merge: true }))
    expect(validate.errors ?? []).toEqual([])
    // A schema that accepts anything would prove nothing.
    expect(validate(parse(COMPOSE_TEXT.replace('condition: service_healthy', 'condition: hopeful')))).toBe(
      false,
    )
    expect(validate(parse(COMPOSE_TEXT.replace('restart: unless-stopped', 'restrat: always')))).toBe(false)
  })

  it('defaults no secret, and refuses to start without one', () => {
    const secrets = referencesIn(COMPOSE_TEXT).filter(({ name }) => /PASSWORD|SECRET|TOKEN/.test(name))
    expect(new Set(secrets.map(({ name }) => name))).toEqual(
      new Set(['POSTGRES_PASSWORD', 'JWT_SECRET', 'JWT_SECRET_ACCEPTED', 'ADMIN_TOKEN']),
    )
    for (const { name, required, fallback } of secrets) {
      if (name === 'JWT_SECRET_ACCEPTED' || name === 'ADMIN_TOKEN') expect(fallback).toBe('')
      else expect(required, name).toBe(true)
    }
    // Nothing secret is written out either: every password in a URL is a reference.
    expect(COMPOSE_TEXT).not.toMatch(/:\/\/\w*:[^$@\s]+@/)
  })

  it('gives the service an environment that it knows and accepts', () => {
    const given = { POSTGRES_PASSWORD: 'p4ssw0rd', JWT_SECRET: 'x'.repeat(32) }
    for (const each of [service!, migrate!]) {
      const unknown = Object.keys(each.environment ?? {}).filter((name) => !Object.hasOwn(VARIABLES, name))
      expect(unknown.filter((name) => name !== 'NODE_OPTIONS')).toEqual([])
    }
    const config = readConfig(environmentOf(service!, given))
    expect(config).toMatchObject({
      cache: 'tiered',
      alone: false,
      migrate: false,
      trustProxy: 1,
      rateLimit: true,
    })
    // What is off unless .env says otherwise.
    expect(config.adminToken).toBeUndefined()
    expect(config).toMatchObject({
      shadowCheck: 0,
      tracing: undefined,
      logLevel: 'info',
    })
    const watched = {
      ADMIN_TOKEN: 'the token of the operators',
      SHADOW_CHECK: '0.001',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      LOG_LEVEL: 'warn',
    }
    expect(readConfig(environmentOf(service!, { ...given, ...watched }))).toMatchObject({
      adminToken: watched.ADMIN_TOKEN,
      shadowCheck: 0.001,
      tracing: expect.objectContaining({}),
      logLevel: 'warn',
    })
    const migrates = readCommandConfig(environmentOf(migrate!, given))
    expect(migrates.databaseUrl).toBe(config.databaseUrl)
    expect(() => environmentOf(service!, { JWT_SECRET: given.JWT_SECRET })).toThrow('set POSTGRES_PASSWORD')
  })

  it('reaches the other services by the names that they have', () => {
    const config = readConfig(environmentOf(service!, { POSTGRES_PASSWORD: 'p', JWT_SECRET: 'x'.repeat(32) }))
    for (const url of [config.databaseUrl!, ...config.redisUrls]) {
      const host = COMPOSE.services[new URL(url).hostname]
      expect(host?.networks, url).toEqual(['data'])
    }
    const { username, password, pathname } = new URL(config.databaseUrl!)
    expect(environmentOf(postgres!, { POSTGRES_PASSWORD: 'p' })).toEqual({
      POSTGRES_USER: username,
      POSTGRES_PASSWORD: password,
      POSTGRES_DB: pathname.slice(1),
    })
    expect(read('deploy/Caddyfile')).toMatch(/name service\n\s+port 3000/)
  })

  it('lets only the proxy be reached from outside, and trusts its word on addresses', () => {
    const open = Object.entries(COMPOSE.services).filter(([, { ports }]) => ports !== undefined)
    expect(open.map(([name]) => name)).toEqual(['proxy'])
    expect(service!.environment!.TRUST_PROXY).toBe('1')
    expect(proxy!.networks).toEqual(['edge'])
    expect(read('deploy/Caddyfile')).toMatch(/^\trespond \/metrics\* 404$/m)
  })

  it('migrates once, before any instance starts, and starts everything else again when it ends', () => {
    expect(service!.depends_on).toMatchObject({
      migrate: { condition: 'service_completed_successfully' },
      postgres: { condition: 'service_healthy' },
    })
    expect(service!.depends_on).not.toHaveProperty('redis')
    expect(service!.deploy!.replicas).toBe(2)
    for (const [name, { restart }] of Object.entries(COMPOSE.services)) {
      expect(restart, name).toBe(name === 'migrate' ? 'no' : 'unless-stopped')
    }
  })

  it('asks each of them whether it is well, by a command that there is', () => {
    for (const [name, { healthcheck, command }] of Object.entries(COMPOSE.services)) {
      if (name !== 'migrate') expect(healthcheck, name).toBeDefined()
      for (const part of [healthcheck?.test ?? [], command ?? []].flat()) {
        if (part.startsWith('src/')) expect(existsSync(new URL(part, ROOT)), part).toBe(true)
      }
    }
    expect(service!.healthcheck!.test).toEqual(['CMD', 'node', 'src/infrastructure/healthcheck.ts'])
  })

  it('keeps Redis as the chapter has it: 128 MB, least recently used, nothing persisted', () => {
    expect(redis!.command).toBe(
      'redis-server --maxmemory 128mb --maxmemory-policy allkeys-lru --save "" --appendonly no',
    )
    expect(redis!.volumes).toBeUndefined()
    expect(mebibytes(setting(redis!, /--maxmemory (\w+)/))).toBeLessThanOrEqual(memory(redis!) / 2)
  })

  it('fits 4 GB, with one instance more while it is upgraded', () => {
    const others = Object.values(COMPOSE.services).filter((each) => each !== service && each !== migrate)
    const instances = (service!.deploy!.replicas! + 1) * memory(service!)
    const sum = others.reduce((total, each) => total + memory(each), instances)
    expect(sum).toBeLessThanOrEqual(MACHINE)
    // It runs before the instances start, or beside two of them.
    expect(memory(migrate!)).toBeLessThanOrEqual(memory(service!))
  })

  it('gives each what it is told to use', () => {
    const { CACHE_MAX_MB, NODE_OPTIONS } = service!.environment!
    const heap = Number(/--max-old-space-size=(\d+)/.exec(NODE_OPTIONS!)?.[1])
    expect(heap + Number(CACHE_MAX_MB) + HASHING + NODE).toBeLessThanOrEqual(memory(service!))
    expect(mebibytes(setting(postgres!, /shared_buffers=(\w+)/))).toBeLessThanOrEqual(memory(postgres!) / 3)
    const connections = (service!.deploy!.replicas! + 1) * CONNECTIONS
    expect(Number(setting(postgres!, /max_connections=(\d+)/))).toBeGreaterThan(connections)
    // Requests in flight have ten seconds to end.
    expect(Number.parseInt(service!.stop_grace_period!, 10)).toBeGreaterThan(10)
  })
})
