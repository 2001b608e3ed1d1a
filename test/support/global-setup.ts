import type { TestProject } from 'vitest/node'
import { providePostgres } from './machine/provide-postgres.ts'
import { provideRedisServer } from './machine/provide-redis-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The servers and the runtime of this run, in words. */
    ranOn: string
  }
}

/** Gives every test file `TEST_DATABASE_URL` and `REDIS_SERVER`; returns what undoes it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await provideRedisServer()
  const postgres = await providePostgres()
  // Workers are started later, with this process's environment.
  process.env.REDIS_SERVER = redis.path
  process.env.TEST_DATABASE_URL = postgres.url
  project.provide('ranOn', `${postgres.description}, ${redis.description}, Node ${process.version}`)
  return postgres.stop
}
