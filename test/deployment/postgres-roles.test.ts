import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../../src/infrastructure/config/config.ts'
import { type Service, startService } from '../../src/infrastructure/service.ts'
import { adminUrl } from '../support/postgres.ts'
import { Shell } from './shell.ts'

/** Roles belong to the whole server, which all tests share: these have names of their own. */
const UNIQUE = randomUUID().replaceAll('-', '').slice(0, 12)
const SUPERUSER = `boss_${UNIQUE}`
const ROLE = `marketflow_${UNIQUE}`
const PASSWORD = `it's ${UNIQUE}`

let service: Service | undefined

function urlOf(user: string, database: string): string {
  const url = new URL(adminUrl())
  Object.assign(url, { username: user, password: encodeURIComponent(PASSWORD), pathname: `/${database}` })
  return url.href
}

async function ask(url: string, sql: string) {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}

/** The statements that the script gives to psql, with psql's variables put in. */
async function statements(): Promise<string> {
  const shell = new Shell()
  try {
    shell.stub('psql', '#!/bin/sh\necho "$*"; cat')
    const env = { POSTGRES_USER: SUPERUSER, POSTGRES_DB: ROLE, POSTGRES_PASSWORD: PASSWORD }
    const { code, output } = await shell.run('deploy/postgres-roles.sh', env)
    expect(code).toBe(0)
    const [args, variable, ...sql] = output.split('\n')
    expect(args).toBe(`-v ON_ERROR_STOP=1 --no-psqlrc --username ${SUPERUSER} --dbname ${ROLE}`)
    expect(variable).toBe('\\getenv password POSTGRES_PASSWORD')
    return sql
      .join('\n')
      .replace(":'password'", `'${PASSWORD.replaceAll("'", "''")}'`)
      .replace(':"DBNAME"', ROLE)
      .replace(':"USER"', SUPERUSER)
      .replaceAll(/\bmarketflow\b/g, ROLE)
  } finally {
    shell.remove()
  }
}

beforeAll(async () => {
  // As the image makes them, before it runs the script.
  await ask(adminUrl(), `create role ${SUPERUSER} superuser login password 'first'`)
  await ask(adminUrl(), `create database ${ROLE} owner ${SUPERUSER}`)
  const url = new URL(adminUrl())
  Object.assign(url, { username: SUPERUSER, password: 'first', pathname: `/${ROLE}` })
  await ask(url.href, await statements())
})

afterAll(async () => {
  await service?.close()
  await ask(adminUrl(), `drop database if exists ${ROLE} with (force)`)
  await ask(adminUrl(), `drop role if exists ${ROLE}, ${SUPERUSER}`)
})

it('deploy/postgres-roles.sh makes a role that may do nothing beyond its own database', async () => {
  const { rows } = await ask(
    urlOf(ROLE, ROLE),
    `select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles
      where rolname = current_user`,
  )
  expect(Object.values(rows[0])).toEqual([false, false, false, false, false])
  const secrets = await ask(
    adminUrl(),
    `select rolname, rolpassword is null as none from pg_authid
    where rolname in ('${ROLE}', '${SUPERUSER}') order by 1`,
  )
  expect(secrets.rows).toEqual([
    { rolname: SUPERUSER, none: true },
    { rolname: ROLE, none: false },
  ])
})

it('the service migrates, reads and writes as that role', async () => {
  const env = {
    PORT: '0',
    SEED_DEMO: 'false',
    LOG_LEVEL: 'silent',
    DATA_DIR: 'memory',
    JWT_SECRET: 'x'.repeat(32),
  }
  service = await startService(readConfig({ ...env, DATABASE_URL: urlOf(ROLE, ROLE) }))
  const answer = await fetch(`${service.url}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      email: 'rosa@example.org',
      password: 'a long password',
      name: 'Rosa',
      role: 'organizer',
    }),
  })
  expect(answer.status).toBe(201)
  expect((await fetch(`${service.url}/markets`)).status).toBe(200)
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
})
