import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { flood, HEAP_MB, MEMORY_MB, OPEN_ROUTES, peakMemoryMb } from '../support/flood.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { type RunningService, startService } from '../support/service.ts'

/** Of a file of megabytes a connection reads the beginning: thousands of copies would take minutes to send. */
const DOSE = { connections: 1000, requests: 20, reads: 64 * 1024 }

describe('a new process, and a thousand strangers who send twenty requests each at once', () => {
  let database: FreshDatabase | undefined
  let service: RunningService | undefined
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterEach(() => service?.kill())
  afterAll(() => database?.drop())

  it.each([...OPEN_ROUTES])('survives each route of «%s»', { timeout: 600_000 }, async (_section, routes) => {
    service = await startService({
      DATABASE_URL: database!.url,
      RATE_LIMIT: 'on',
      PUBLIC_URL: 'http://markets.example',
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
    })
    for (const route of routes) {
      const outcome = await flood(service, route, DOSE)
      const told = `${route.method} ${route.path}: ${JSON.stringify(outcome)}`
      expect(service.process.exitCode ?? service.process.signalCode, told).toBeNull()
      expect((await fetch(`${service.url}/healthz`)).status, told).toBe(200)
      expect(peakMemoryMb(service) ?? 0, told).toBeLessThan(MEMORY_MB)
      expect(outcome.statuses, told).not.toHaveProperty('500')
      // Not each is: on a busy machine some wait for longer than the service waits for a request.
      expect(outcome.statuses, told).not.toEqual({})
    }
  })
})
