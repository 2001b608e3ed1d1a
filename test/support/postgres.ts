import { randomUUID } from 'node:crypto'
import { Client } from 'pg'

/** A PostgreSQL server on which tests may make databases. */
export function adminUrl(): string {
  return process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'
}

export interface FreshDatabase {
  readonly url: string
  drop(): Promise<void>
}

/** An empty database of its own, so that test files can run side by side. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = `marketflow_test_${randomUUID().replaceAll('-', '')}`
  await administer(`create database ${name}`)
  const url = new URL(adminUrl())
  url.pathname = `/${name}`
  return { url: url.href, drop: () => administer(`drop database if exists ${name} with (force)`) }
}

/**
 * What a restart of the server is to the clients of this database: it ends every session, and takes no new one until
 * `meanwhile` is over. The server itself belongs to all tests.
 */
export async function withoutDatabase(url: string, meanwhile: () => Promise<void>): Promise<void> {
  const name = new URL(url).pathname.slice(1)
  await administer(`alter database ${name} with allow_connections false`)
  try {
    await administer(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
    await meanwhile()
  } finally {
    await administer(`alter database ${name} with allow_connections true`)
  }
}

async function administer(sql: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl() })
  // Dropping by force ends the sessions of others, and an error without a listener would end the test run.
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
