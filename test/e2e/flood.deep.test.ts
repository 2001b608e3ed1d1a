import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { flood, HEAP_MB, MEMORY_MB, OPEN_ROUTES, peakMemoryMb } from '../support/flood.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { type RunningService, startService } from '../support/service.ts'

const DOSE = { connections: 1000, requests: 20 }

describe('a new process, and a thousand strangers who send twenty requests each at once', () => {
  let database: FreshDatabase | undefined
  let service: RunningService | undefined
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterEach(() => service?.kill())
  afterAll(() => database?.drop())

  it.each(OPEN_ROUTES)('survives $method $path', { timeout: 600_000 }, async (route) => {
    service = await startService({
      DATABASE_URL: database!.url,
      RATE_LIMIT: 'on',
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
    })
    const { statuses } = await flood(service, route, DOSE)
    expect(service.process.exitCode ?? service.process.signalCode).toBeNull()
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200)
    expect(peakMemoryMb(service) ?? 0, JSON.stringify(statuses)).toBeLessThan(MEMORY_MB)
    expect(statuses).not.toHaveProperty('500')
  })
})
