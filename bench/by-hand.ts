/**
 * What it costs that SQL by hand is seen: a write of the service on tables with the triggers, which skip it, beside the
 * same on tables without; a bulk change by hand with them and without; and an import beside a bare COPY of the same rows.
 * The turns alternate, and of the service's own write the CPU of PostgreSQL's process is told, which does not count waiting.
 * `npm run bench:by-hand -- --writes 200 --rounds 20 --rows 200000`; Linux, with PostgreSQL on this machine.
 */
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { Connection, Connections } from '../src/adapters/postgres/connections.ts'
import { type Database, openDatabase } from '../src/adapters/postgres/database.ts'
import { LOGS_ITSELF } from '../src/adapters/postgres/transaction-steps.ts'
import { freshDatabase } from '../test/support/postgres.ts'
import { aWorld } from '../test/support/postgres-world.ts'
import { runToEnd } from '../test/support/service.ts'
import { describeMachine, thisMachine } from './support/machine.ts'
import { wholeOptions } from './support/options.ts'
import { publish, ratio, table } from './support/report.ts'
import { median, timed } from './support/statistics.ts'

const options = wholeOptions({ writes: 200, rounds: 20, rows: 200_000 })
const BULK = 100_000

const machine = await thisMachine()
const fresh = await freshDatabase()
const directory = await mkdtemp(join(tmpdir(), 'marketflow-'))
const sql = new Client({ connectionString: fresh.url })
let skipping = true
const database = await openDatabase({ url: fresh.url }, { writePoolSize: 1, instrument: sayingNothing })
try {
  await database.migrate()
  await sql.connect()
  const own = await ownWrites(database)
  const bulk = await bulkChanges()
  const imported = await imports()
  const cpu = own.map(({ cpuMs, withoutCpuMs }) => cpuMs / withoutCpuMs)
  await publish('by-hand.md', [
    '# What it costs that SQL by hand is seen',
    '## A write of the service',
    `The triggers skip what the unit of work logs by itself: a market is renamed by its use case’s transaction with ${ratio(median(cpu))} (${ratio(Math.min(...cpu))} to ${ratio(Math.max(...cpu))}) of the CPU in PostgreSQL that it takes without any trigger, and no statement more. ${options.rounds} rounds of ${options.writes} writes each, by turns; the ratio is the median of the rounds’.`,
    '## A bulk change by hand',
    table(
      ['one statement', 'ratio to none of the triggers', 'rows of the log', 'tags in the largest'],
      bulk.map(({ what, took, without, rows, tags }) => [
        what,
        ratio(took / without),
        String(rows),
        String(tags),
      ]),
    ),
    '## An import',
    table(
      [`${options.rows.toLocaleString('en')} markets`, 'rows a second', 'ratio of the time'],
      imported.map(({ what, ms }) => [
        what,
        Math.round((options.rows / ms) * 1000).toLocaleString('en'),
        ratio(ms / imported[0]!.ms),
      ]),
    ),
    'The import is the command as a user runs it, start included; the COPY has the same rows ready, for the same table, indexes and triggers.',
    `Measured by \`npm run bench:by-hand\` on ${describeMachine(machine)}; ${database.describe.split(' at ')[0]} on the same machine.`,
  ])
} finally {
  await sql.end()
  await database.close()
  await fresh.drop()
  await rm(directory, { recursive: true })
}

/** The connections as they are, but that a transaction does not say that it logs itself unless it should. */
function sayingNothing(connections: Connections): Connections {
  return {
    run: (use) =>
      connections.run((connection: Connection) =>
        use({
          ...connection,
          begin: (statement) =>
            connection.begin(skipping ? statement : statement.replace(`; ${LOGS_ITSELF}`, '')),
        }),
      ),
    close: () => connections.close(),
  }
}

async function triggers(state: 'enable' | 'disable'): Promise<void> {
  const { rows } = await sql.query(
    `select tgname as name, tgrelid::regclass as relation from pg_trigger where tgname ~ '_logged_as_|_city_key_on_'`,
  )
  for (const { name, relation } of rows) await sql.query(`alter table ${relation} ${state} trigger ${name}`)
}

async function ownWrites({ transactions }: Database) {
  const { market } = await aWorld(database, 5)
  const rename = (name: string) =>
    transactions.run(async (tx) => {
      const found = await tx.markets.findForUpdate(market.id)
      found!.edit({ name }, new Date())
      await tx.logInvalidation([`market:${market.id}`])
    })
  await rename('warm')
  const { rows } = await sql.query(
    `select pid from pg_stat_activity where datname = current_database() and query = 'commit' order by state_change desc`,
  )
  if (rows.length !== 1) throw new Error(`Of ${rows.length} connections it is not known which one writes`)
  const cpuOf = async () =>
    Number((await readFile(`/proc/${rows[0].pid}/schedstat`, 'utf8')).split(' ')[0]) / 1e6
  const round = async () => {
    const before = await cpuOf()
    for (let i = 0; i < options.writes; i++) await rename(`name ${i}`)
    return (await cpuOf()) - before
  }
  const rounds = []
  for (let i = 0; i <= options.rounds; i++) {
    const cpuMs = await round()
    skipping = false
    await triggers('disable')
    // Plans of the table are made anew.
    await rename('warm')
    const withoutCpuMs = await round()
    skipping = true
    await triggers('enable')
    await rename('warm')
    // The first round is for warming up.
    if (i > 0) rounds.push({ cpuMs, withoutCpuMs })
  }
  return rounds
}

async function bulkChanges() {
  await sql.query('truncate accounts, vendors cascade')
  await sql.query(`insert into accounts (id, email, name, role, password_hash, created_at)
    select md5('o' || i)::uuid, 'o' || i, 'O', 'organizer', '!', now() from generate_series(0, 999) i`)
  const markets = `insert into markets (id, organizer_id, slug, name, city, city_key, description, stall_count, vendor_count, status, created_at, updated_at)
    select md5('m' || i)::uuid, md5('o' || i % 1000)::uuid, 'm-' || i, 'M', 'Town', 'town', '', 5, 0, 'active', now(), now()
    from generate_series(1, ${BULK}) i`
  const changes = [
    ['inserts 100,000 markets', markets, 'truncate markets cascade'],
    ['renames 100,000 markets', `update markets set name = name || '!'`, ''],
    ['deletes 100,000 markets', 'delete from markets', markets],
  ] as const
  const found = []
  for (const [what, statement, undo] of changes) {
    await triggers('disable')
    const without = await timed(() => sql.query(statement))
    await sql.query(undo)
    await triggers('enable')
    await sql.query('truncate cache_invalidation')
    const took = await timed(() => sql.query(statement))
    const { rows } = await sql.query(
      'select count(*)::int as rows, max(cardinality(tags)) as tags from cache_invalidation',
    )
    found.push({ what, took, without, rows: rows[0].rows as number, tags: rows[0].tags as number })
  }
  return found
}

async function imports() {
  await sql.query('truncate accounts, vendors cascade')
  const file = join(directory, 'markets.csv')
  await writeMarkets(file)
  let output = ''
  const importMs = await timed(async () => {
    const env = { DATABASE_URL: fresh.url, CACHE: 'null' }
    output = (await runToEnd('src/infrastructure/bin/import.ts', [file], env)).output
  })
  if (!output.includes(`${options.rows} imported`)) throw new Error(output)
  // What COPY reads is a file of the server's, so that no client is in its way.
  const rows = `/tmp/${new URL(fresh.url).pathname.slice(1)}.copy`
  await sql.query(`copy markets to '${rows}'`)
  await sql.query('truncate markets cascade')
  const copyMs = await timed(() => sql.query(`copy markets from '${rows}'`))
  await rm(rows)
  return [
    { what: 'COPY', ms: copyMs },
    { what: '`npm run import`', ms: importMs },
  ]
}

async function writeMarkets(file: string): Promise<void> {
  const stream = createWriteStream(file)
  stream.write('FMID,MarketName,street,city,State,zip,Season1Date,Season1Time,Vegetables,Fruits,Honey\n')
  for (let i = 1; i <= options.rows; i++)
    stream.write(
      `${i},"Market No. ${i} of ${i % 977}",${i} Main Street,Town ${i % 3000},Ohio,${10_000 + (i % 9000)},06/10/2020 to 10/07/2020,"Wed: 9:00 AM-1:00 PM;",Y,N,Y\n`,
    )
  await new Promise<void>((resolve) => {
    stream.end(resolve)
  })
}
