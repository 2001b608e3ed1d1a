import { describe, expect, it } from 'vitest'
import { ConfigError, doubtsAbout, readConfig } from '../../../src/infrastructure/config/config.ts'

const doubts = (env: Record<string, string>) => doubtsAbout(readConfig(env))

describe('a variable that the service does not read', () => {
  it.each([
    ['REDIS_PREFX', 'REDIS_PREFIX'],
    ['CACHE_MAX_MBS', 'CACHE_MAX_MB'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['LAESE_MS', 'LEASE_MS'],
    ['POTR', undefined],
    ['PORTS', 'PORT'],
    ['JWT_SECRET_FIL', 'JWT_SECRET_FILE'],
    ['REDIS_PASSWORD', 'REDIS_URL'],
    ['DATABASE_PASSWORD', 'DATABASE_URL'],
    ['OTEL_EXPORTER_OTLP_ENDPONT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  ])('%s is told with the nearest that it does, %s, and without its value', (variable, meant) => {
    const told = doubts({ [variable]: 'hush' })
    expect(told).toHaveLength(meant === undefined ? 0 : 1)
    expect(told.join()).not.toContain('hush')
    if (meant !== undefined) expect(told[0]).toMatch(new RegExp(`^${variable}: unknown.* known: ${meant}$`))
  })

  it('is not told when it is set to nothing', () => {
    expect(doubts({ REDIS_PREFX: '' })).toEqual([])
  })

  it('is told with what is wrong when that keeps the service from starting', () => {
    const wrong = () => readConfig({ CACHE: 'redis', REDIS_ULR: 'redis://hush@h' })
    expect(wrong).toThrow(ConfigError)
    expect(wrong).toThrow(/REDIS_URL: required with CACHE=redis\n {2}REDIS_ULR: unknown.* known: REDIS_URL$/)
    expect(wrong).not.toThrow('hush')
  })
})

it('what systems, shells, npm, Kubernetes and OpenTelemetry set is not taken for ours', () => {
  const env = [
    ...[
      'HOME',
      'HOSTNAME',
      'PATH',
      'PWD',
      'SHELL',
      'TERM',
      'USER',
      'LANG',
      'SHLVL',
      'TZ',
      'NODE_ENV',
      'EDITOR',
    ],
    ...[
      'npm_config_cache',
      'npm_lifecycle_event',
      'XDG_CACHE_HOME',
      'XDG_DATA_DIRS',
      'NODE_OPTIONS',
      'LOGNAME',
    ],
    ...[
      'REDIS_PORT',
      'REDIS_SERVICE_HOST',
      'REDIS_SERVICE_PORT',
      'REDIS_PORT_6379_TCP',
      'REDIS_PORT_6379_TCP_ADDR',
    ],
    ...['OTEL_SERVICE_NAME', 'OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_METRICS_EXPORTER', 'OTEL_LOGS_EXPORTER'],
    ...[
      'OTEL_BSP_MAX_QUEUE_SIZE',
      'OTEL_RESOURCE_ATTRIBUTES',
      'OTEL_PROPAGATORS',
      'OTEL_EXPORTER_OTLP_TIMEOUT',
    ],
    ...['OTEL_EXPORTER_OTLP_PROTOCOL', 'MARKETFLOW_WORKER'],
  ]
  expect(doubts(Object.fromEntries(env.map((name) => [name, '1'])))).toEqual([])
})
