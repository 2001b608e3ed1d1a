import { existsSync } from 'node:fs'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readCommandConfig, readConfig, VARIABLES } from '../../src/infrastructure/config/config.ts'
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

/** What has no default. */
const GIVEN = { POSTGRES_PASSWORD: 'p4ssw0rd', REDIS_PASSWORD: 'r3dis', JWT_SECRET: 'x'.repeat(32) }
/** Of the service's environment, what Node and the OpenTelemetry SDK read and the configuration does not. */
const READ_BY_OTHERS = [
  'NODE_OPTIONS',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_SERVICE_NAME',
]

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
      new Set([
        'POSTGRES_PASSWORD',
        'REDIS_PASSWORD',
        'JWT_SECRET',
        'JWT_SECRET_ACCEPTED',
        'ADMIN_TOKEN',
        'METRICS_TOKEN',
      ]),
    )
    for (const { name, required, fallback } of secrets) {
      if (name === 'JWT_SECRET_ACCEPTED' || name === 'ADMIN_TOKEN' || name === 'METRICS_TOKEN')
        expect(fallback).toBe('')
      else expect(required, name).toBe(true)
    }
    // Nothing secret is written out either: every password in a URL is a reference.
    expect(COMPOSE_TEXT).not.toMatch(/:\/\/\w*:[^$@\s]+@/)
  })

  it('gives the service an environment that it knows and accepts', () => {
    const given = GIVEN
    for (const each of [service!, migrate!]) {
      const unknown = Object.keys(each.environment ?? {}).filter((name) => !Object.hasOwn(VARIABLES, name))
      expect(unknown.filter((name) => !READ_BY_OTHERS.includes(name))).toEqual([])
    }
    const config = readConfig(environmentOf(service!, given))
    expect(config).toMatchObject({
      cache: 'tiered',
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
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.01',
      LOG_LEVEL: 'warn',
      RATE_LIMIT: 'off',
      LEASE_MS: '2000',
      PUBLIC_URL: 'https://markets.example.org',
    }
    expect(readConfig(environmentOf(service!, { ...given, ...watched }))).toMatchObject({
      adminToken: watched.ADMIN_TOKEN,
      shadowCheck: 0.001,
      tracing: { sampler: 'traceidratio', ratio: 0.01 },
      logLevel: 'warn',
      rateLimit: false,
      leaseMs: 2000,
      publicUrl: watched.PUBLIC_URL,
    })
    const migrates = readCommandConfig(environmentOf(migrate!, given))
    expect(migrates.databaseUrl).toBe(config.databaseUrl)
    expect(() => environmentOf(service!, { ...given, POSTGRES_PASSWORD: '' })).toThrow(
      'set POSTGRES_PASSWORD',
    )
  })

  it('reaches the other services by the names that they have', () => {
    const config = readConfig(environmentOf(service!, GIVEN))
    for (const url of [config.databaseUrl!, ...config.redisUrls]) {
      const host = COMPOSE.services[new URL(url).hostname]
      expect(host?.networks, url).toEqual(['data'])
    }
    const { username, password, pathname } = new URL(config.databaseUrl!)
    // Without a POSTGRES_USER the superuser is `postgres`, which the service is not.
    expect(environmentOf(postgres!, GIVEN)).toEqual({
      POSTGRES_PASSWORD: password,
      POSTGRES_DB: pathname.slice(1),
    })
    expect(read('deploy/postgres-roles.sh')).toContain(`create role ${username} login`)
    expect(postgres!.volumes).toContainEqual(
      expect.stringMatching(/^\.\/deploy\/postgres-roles\.sh:\/docker-entrypoint-initdb\.d\//),
    )
    expect(new URL(config.redisUrls[0]!).password).toBe(environmentOf(redis!, GIVEN).REDISCLI_AUTH)
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
    // What waits for it sends requests there next, or stops an old instance.
    expect(service!.healthcheck!.test).toEqual([
      'CMD',
      'node',
      'src/infrastructure/bin/healthcheck.ts',
      '/readyz',
    ])
  })

  it('names every image by its whole version, and no proxy that answers 502 to a PUT in flight', () => {
    const images = Object.values(COMPOSE.services).flatMap(({ build, image }) => (build ? [] : [image!]))
    expect(images.filter((image) => !/^\w+:\d+\.\d+(\.\d+)?-alpine$/.test(image))).toEqual([])
    const [major, minor, patch] = proxy!.image!.match(/\d+/g)!.map(Number)
    expect(major! * 1e6 + minor! * 1e3 + patch!).toBeGreaterThanOrEqual(2_011_002)
  })

  it('gives Redis a password, which its own health check knows', () => {
    expect(redis!.command).toMatch(/ --requirepass \$\{REDIS_PASSWORD:\?[^}]+\}$/)
    expect(redis!.healthcheck!.test).toEqual(['CMD-SHELL', 'redis-cli ping | grep -q PONG'])
  })

  it('keeps Redis as the chapter has it: 128 MB, least recently used, nothing persisted', () => {
    expect(redis!.command).toMatch(
      /^redis-server --maxmemory 128mb --maxmemory-policy allkeys-lru --save "" --appendonly no /,
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
