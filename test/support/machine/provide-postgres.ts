import { userInfo } from 'node:os'
import { inspectServer } from './inspect-server.ts'
import { findPostgres, installPostgres, startPostgres } from './own-postgres.ts'

export interface ProvidedPostgres {
  /** Where the tests make their databases. */
  readonly url: string
  readonly description: string
  stop(): Promise<void>
}

/**
 * The PostgreSQL that the tests were given (`TEST_DATABASE_URL`); or one that is started for this run from programs that
 * are installed, since that one need not wait for any disk; or one that runs here; or one whose programs are installed
 * first, where that is allowed.
 * @throws Error that says what to do.
 */
export async function providePostgres(): Promise<ProvidedPostgres> {
  const given = process.env.TEST_DATABASE_URL
  if (given !== undefined && given !== '') return useGiven(given)
  const programs = await findPostgres()
  if (programs !== undefined) return startOwn(programs)
  return (await findRunning()) ?? (await startOwn(await installPostgres(WHAT_TO_DO)))
}

async function useGiven(url: string): Promise<ProvidedPostgres> {
  const server = await inspectServer(url)
  if (!server.usable) {
    throw new Error(`TEST_DATABASE_URL is set, and its server cannot be used: ${server.why}`)
  }
  return {
    url,
    description: `PostgreSQL ${server.version} (given by TEST_DATABASE_URL)`,
    stop: async () => {},
  }
}

async function findRunning(): Promise<ProvidedPostgres | undefined> {
  for (const user of new Set([userInfo().username, 'postgres', 'root'])) {
    const url = `postgres://${encodeURIComponent(user)}@127.0.0.1:5432/postgres`
    const server = await inspectServer(url)
    if (!server.usable) continue
    return {
      url,
      description: `PostgreSQL ${server.version} (running at 127.0.0.1:5432)`,
      stop: async () => {},
    }
  }
  return undefined
}

async function startOwn(programs: string): Promise<ProvidedPostgres> {
  const { url, stop } = await startPostgres(programs)
  const server = await inspectServer(url)
  const version = server.usable ? server.version : 'that no longer answers'
  return { url, description: `PostgreSQL ${version} (started for this run)`, stop }
}

const WHAT_TO_DO = `The tests need a PostgreSQL, and this machine has none that they may use. Do one of these:
  - set TEST_DATABASE_URL to a server on which its user may create databases
    (postgres://user:password@host:5432/postgres);
  - run one at 127.0.0.1:5432 that lets you in without a password
    (docker run -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres);
  - install one, which the tests then start themselves (apt-get install postgresql, brew install postgresql).`
