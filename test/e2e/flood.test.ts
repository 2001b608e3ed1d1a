import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flood, HEAP_MB, MEMORY_MB, peakMemoryMb } from '../support/flood.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { type RunningService, startService } from '../support/service.ts'

/** A small dose; every route gets the whole one in `flood.deep.test.ts`. */
const DOSE = { connections: 50, requests: 20 }

describe('a new process that strangers ask for much at once', () => {
  let database: FreshDatabase | undefined
  let service: RunningService | undefined
  beforeAll(async () => {
    database = await freshDatabase()
    const NODE_OPTIONS = `--max-old-space-size=${HEAP_MB}`
    service = await startService({ DATABASE_URL: database.url, NODE_OPTIONS })
  })
  afterAll(async () => {
    await service?.kill()
    await database?.drop()
  })

  it.each([
    // What a HEAD would have the service read is not sent, and so is quick to test.
    { method: 'HEAD', path: '/docs/swagger-ui-bundle.js' },
    { method: 'GET', path: '/' },
  ])('answers every $method $path, in the memory that it has in production', async (route) => {
    expect(await flood(service!, route, DOSE)).toEqual({ statuses: { 200: 1000 }, cutOff: 0 })
    expect(peakMemoryMb(service!) ?? 0).toBeLessThan(MEMORY_MB)
  })
})
