import type { TestProject } from 'vitest/node'
import { provideProgram } from './machine/install.ts'
import { provideChromium } from './machine/provide-chromium.ts'
import { providePostgres } from './machine/provide-postgres.ts'
import { provideRedisServer } from './machine/provide-redis-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The servers and the runtime of this run, in words. */
    ranOn: string
  }
}

const COMPILED = new URL('../../node_modules/.cache/compiled', import.meta.url).pathname

/** Gives every test file `TEST_DATABASE_URL`, `REDIS_SERVER`, `MEMCACHED` and `CHROMIUM`; returns what undoes it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Every file's worker, and every process that a test starts, would compile the same modules again.
  process.env.NODE_COMPILE_CACHE = COMPILED
  const redis = await provideRedisServer()
  const memcached = await provideProgram({
    name: 'memcached',
    debianPackage: 'memcached',
    variable: 'MEMCACHED',
    purpose: 'try an adapter on a memcached of their own',
  })
  const chromium = await provideChromium()
  const postgres = await providePostgres()
  // Workers are started later, with this process's environment.
  process.env.REDIS_SERVER = redis.path
  process.env.MEMCACHED = memcached
  process.env.CHROMIUM = chromium.path
  process.env.TEST_DATABASE_URL = postgres.url
  const servers = `${postgres.description}, ${redis.description}`
  project.provide('ranOn', `${servers}, ${chromium.description}, Node ${process.version}`)
  return postgres.stop
}
