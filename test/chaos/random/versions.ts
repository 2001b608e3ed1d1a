import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

/**
 * Numbers every committed name of a market in commit order. The trigger runs under the lock of the market's row, so
 * this is the truth also for writes whose answer was lost, or that committed long after their client gave up.
 */
const NUMBER_THE_NAMES = `
  create table chaos_versions (
    market_id uuid not null, version int not null, name text not null unique, primary key (market_id, version)
  );
  create function chaos_number() returns trigger language plpgsql as $$
  begin
    insert into chaos_versions
      select new.id, coalesce(max(version), 0) + 1, new.name from chaos_versions where market_id = new.id;
    return null;
  end $$;
  create trigger chaos_number after update on markets
    for each row when (old.name is distinct from new.name) execute function chaos_number();
`

export async function numberTheNames(databaseUrl: string): Promise<void> {
  await connected(databaseUrl, (client) => client.query(NUMBER_THE_NAMES))
}

/** The version of every name that was ever committed. Call it when the services are gone. */
export async function committedVersions(databaseUrl: string): Promise<ReadonlyMap<string, number>> {
  return connected(databaseUrl, async (client) => {
    await untilAlone(client)
    const { rows } = await client.query<{ name: string; version: number }>(
      'select name, version from chaos_versions',
    )
    return new Map(rows.map(({ name, version }) => [name, version]))
  })
}

/** A killed process's last COMMIT may still be on its way through the server. */
async function untilAlone(client: Client): Promise<void> {
  const others = `select 1 from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await client.query(others)).rowCount === 0) return
    await sleep(50)
  }
  throw new Error('Sessions of the killed services are still open')
}

async function connected<T>(databaseUrl: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
