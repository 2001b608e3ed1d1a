import type { MikroORM } from '@mikro-orm/core'
import { Client } from 'pg'
import type { Row } from '../../../src/adapters/postgres/connections.ts'
import { embeddedOrm, migrateAlone, postgresOrm } from '../../../src/adapters/postgres/orm.ts'
import { freshDatabase } from '../../support/postgres.ts'

export type Sql = (sql: string, parameters?: readonly unknown[]) => Promise<Row[]>

/** A database without the service, and an operator at its prompt. */
export interface Prompt {
  readonly orm: MikroORM
  readonly sql: Sql
  /** Another session; an embedded database has only one. */
  readonly another?: () => Promise<Sql>
  close(): Promise<void>
}

export const PROMPTS: readonly { readonly name: string; readonly open: () => Promise<Prompt> }[] = [
  { name: 'PostgreSQL', open: openPostgres },
  { name: 'PGlite', open: openEmbedded },
]

export async function openPostgres(): Promise<Prompt & { readonly another: () => Promise<Sql> }> {
  const fresh = await freshDatabase()
  const orm = postgresOrm(fresh.url, 5_000)
  const clients: Client[] = []
  const another = async (): Promise<Sql> => {
    const client = new Client({ connectionString: fresh.url })
    await client.connect()
    clients.push(client)
    return async (sql, parameters = []) => (await client.query<Row>(sql, [...parameters])).rows
  }
  return {
    orm,
    sql: await another(),
    another,
    close: async () => {
      await Promise.all(clients.map((client) => client.end()))
      await orm.close(true)
      await fresh.drop()
    },
  }
}

async function openEmbedded(): Promise<Prompt> {
  const orm = embeddedOrm(undefined)
  const pglite = await orm.em.getConnection().getNativeClient()
  return {
    orm: orm as unknown as MikroORM,
    sql: async (sql, parameters = []) => (await pglite.query<Row>(sql, [...parameters])).rows,
    close: () => orm.close(true),
  }
}

export async function migrated<P extends Prompt>(opening: Promise<P>): Promise<P> {
  const prompt = await opening
  await migrateAlone(prompt.orm)
  await addAccount(prompt.sql)
  return prompt
}

/** The one whose markets they all are. */
export async function addAccount(sql: Sql): Promise<void> {
  await sql(
    `insert into accounts values (gen_random_uuid(), 'olga@example.org', 'Olga', 'organizer', 'h', null, now())`,
  )
}

/** One statement, and so one snapshot: every scope whose kept count is not what counting gives. */
export const MISCOUNTED = `
  with kept as (
    select scope, sum(active)::int as kept from active_market_counts group by 1
  ), counted as (
    select marketflow_scope(of_country, of_region, of_city) as scope, count(*)::int as counted
    from markets
      cross join lateral (select null union all select country_key where country_key <> '') countries (of_country)
      cross join lateral (select null union all select region_key where region_key <> '') regions (of_region)
      cross join lateral (select null union all select city_key) cities (of_city)
    where status = 'active' group by scope
  )
  select scope, coalesce(kept, 0) as kept, coalesce(counted, 0) as counted
  from kept full join counted using (scope) where coalesce(kept, 0) <> coalesce(counted, 0)`
