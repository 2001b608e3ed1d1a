import type { Connection, Connections, Row } from '../../../src/adapters/postgres/connections.ts'
import type { Database } from '../../../src/adapters/postgres/database.ts'
import { assertKnownTags } from '../../../src/application/tables/known-tags.ts'
import type { Engine } from '../../support/postgres-engines.ts'
import { MISCOUNTED } from '../active-counts/engines.ts'
import { NUCLEUS } from './commands.ts'
import { ManualClock } from './fakes.ts'
import {
  type Answers,
  type Askable,
  answerAll,
  changedBetween,
  type Question,
  questionsOf,
} from './questions.ts'
import type { HandMade } from './sql-by-hand.ts'
import { RecordingUnitOfWork } from './steps.ts'
import { UNKNOWN_ID, World } from './world.ts'

/** What a transaction may lose to: a constraint, a stall too many, another transaction, a lock it did not get. */
const LOST = /^(23\d{3}|40001|40P01|55P03)$/

/** `vendor_count` beside what it counts, what is compared beside what was written, the words of what is found, and every count of active markets beside what counting gives. */
const MISKEPT = `
  with expected_words as (
    select id, unnest(marketflow_words(concat_ws(' ', name, city, region)) || array['@city:' || city_key]
      || case when region_key <> '' then array['@region:' || region_key] end
      || case when country_key <> '' then array['@country:' || country_key] end
      || case when latitude is not null then array['@cell:' || floor(latitude * 10) || ',' || floor(longitude * 10)] end
      || array(select '@product:' || product from jsonb_array_elements_text(listing -> 'products') product)) as word, 'market', name_key, name
    from markets where status = 'active'
    union all select id, unnest(marketflow_words(business_name) || array['@vendor']
      || array(select '@product:' || product from unnest(products) product)), 'vendor', marketflow_name_key(business_name), business_name
    from vendors
  ),
  expected_days as (
    select m.id as market_id, date, name_key, name, city_key, region_key, country_key, time_zone collate "C"
    from markets m join market_days d on d.market_id = m.id
    where m.status = 'active' and d.status = 'planned'
  )
  select 'vendor_count of ' || id as kept from markets m
  where vendor_count <> (select count(*) from vendor_applications where market_id = m.id and status = 'accepted')
  union all select 'keys of ' || id from markets
  where (region_key, country_key, name_key)
    <> (marketflow_city_key(region), marketflow_city_key(country), marketflow_name_key(name))
  union all select 'listed days of ' || market_id from (
    (table expected_days except all table listed_days) union all (table listed_days except all table expected_days)
  ) miskept
  union all select 'words of ' || id from (
    (table expected_words except all select id, word, kind, name_key, name from search_words)
    union all (select id, word, kind, name_key, name from search_words except all table expected_words)
  ) miskept
  union all select 'active ' || scope from (${MISCOUNTED}) miscounted`

/** What one commit changed, and what it logged. */
export interface Commit {
  readonly uncovered: readonly string[]
  readonly changed: readonly string[]
  readonly tags: readonly string[]
}

/** How a transaction ended, or how far it came. */
interface Done {
  readonly lost: boolean
  /** By statement, how many rows. */
  readonly affected: readonly number[]
}

async function settled(
  connection: Connection,
  affected: readonly number[],
  work: () => Promise<boolean>,
): Promise<Done> {
  try {
    return { lost: await work(), affected }
  } catch (error) {
    await connection.query('rollback')
    if (LOST.test(String((error as { code?: unknown }).code))) return { lost: true, affected }
    throw error
  }
}

type Seen = Exclude<keyof Askable, 'middle'>

/** A small world, an operator at the prompt of its database, and everything that a reader may have cached of it. */
export class Hand {
  readonly #database: Database
  readonly #connections: Connections
  readonly #seen: { [K in Seen]: Set<string> } = {
    organizers: new Set(),
    vendors: new Set(),
    markets: new Set(),
    applications: new Set(),
    slugs: new Set(),
  }
  #answers: Answers = new Map()
  #questions: readonly Question[] = []
  readonly #rows = new Set<string>()
  oneIn = 1
  /** The rows of the log that the last commit brought, as tags. */
  logged: readonly (readonly string[])[] = []

  private constructor(database: Database, connections: Connections) {
    this.#database = database
    this.#connections = connections
  }

  static async open(engine: Engine): Promise<{ hand: Hand; close: () => Promise<void> }> {
    let connections: Connections | undefined
    const instrument = (each: Connections) => {
      connections ??= each
      return each
    }
    const opened = await engine.open({ instrument, poolSize: 4 })
    return { hand: new Hand(opened.database, connections!), close: opened.close }
  }

  sql(statement: string): Promise<Row[]> {
    return this.session(async (connection) => (await connection.query(statement)).rows)
  }

  session<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#connections.run(use)
  }

  /** Begins anew, with what the use cases make: how often they logged is told. */
  async reset(): Promise<number> {
    await this.sql('truncate accounts, vendors cascade')
    await this.sql('truncate cache_invalidation')
    this.#rows.clear()
    for (const set of Object.values(this.#seen)) set.clear()
    const clock = new ManualClock()
    const world = new World(0, clock)
    const unitOfWork = new RecordingUnitOfWork(this.#database.transactions, clock)
    for (const command of NUCLEUS) await world.perform(command, unitOfWork)
    for (const slug of world.slugs) this.#seen.slugs.add(slug)
    await this.look()
    await this.#newTags()
    return this.logged.length
  }

  /** Runs the statements, and leaves the transaction open unless it says how it ends. */
  async run(
    connection: Connection,
    { isolation, statements, end }: Omit<HandMade, 'end'> & { readonly end?: HandMade['end'] },
  ): Promise<Done> {
    const affected: number[] = []
    return settled(connection, affected, async () => {
      await connection.query(`begin isolation level ${isolation}`)
      for (const statement of statements) affected.push((await connection.query(statement)).affected)
      if (end !== undefined) await connection.query(end)
      return end === 'rollback'
    })
  }

  end(connection: Connection): Promise<Done> {
    return settled(connection, [], async () => (await connection.query('commit')).command !== 'COMMIT')
  }

  /** One transaction, and what became of everything that may have been cached before. */
  async commit(made: HandMade): Promise<Commit & Done> {
    const done = await this.session((connection) => this.run(connection, made))
    return { ...done, ...(await this.judge()) }
  }

  /** Compares everything with the last look, and with the rows of the log that have been committed since. */
  async judge(): Promise<Commit> {
    const before = this.#answers
    await this.look()
    const tags = await this.#newTags()
    assertKnownTags(tags)
    const changed = changedBetween(before, this.#answers, this.#questions)
    const has = new Set(tags)
    return {
      tags,
      changed: changed.map(({ name }) => name),
      uncovered: changed
        .filter((question) => !question.tags.some((tag) => has.has(tag)))
        .map(({ name }) => name),
    }
  }

  /** Of rows that were not there at the last look, whatever their numbers: transactions end in another order. */
  async #newTags(): Promise<string[]> {
    const rows = await this.sql('select id::text, array_to_json(tags)::text as tags from cache_invalidation')
    const added = rows.filter(({ id }) => !this.#rows.has(String(id)))
    for (const { id } of added) this.#rows.add(String(id))
    this.logged = added.map(({ tags }) => JSON.parse(String(tags)))
    return [...new Set(this.logged.flat())]
  }

  async miskept(): Promise<unknown[]> {
    return (await this.sql(MISKEPT)).map(({ kept }) => kept)
  }

  /** Asks everything about all that there is, and that there ever was; of a crowd, about one in so many. */
  async look(): Promise<void> {
    const some = `abs(hashtext(id::text)) % ${this.oneIn} = 0`
    const rows = await this.sql(`
      select 'organizers' as kind, id::text as what from accounts where ${some}
      union all select 'vendors', id::text from vendors where ${some}
      union all select 'markets', id::text from markets where ${some}
      union all select 'applications', id::text from vendor_applications where ${some}
      union all select 'slugs', slug from markets where ${some}`)
    for (const { kind, what } of rows) this.#seen[kind as Seen].add(String(what))
    const { organizers, vendors, markets, applications, slugs } = this.#seen
    this.#questions = questionsOf({
      organizers: [...organizers],
      vendors: [...vendors].map((id) => ({ id, account: UNKNOWN_ID })),
      markets: [...markets].map((id) => ({ id })),
      applications: [...applications].map((id) => ({ id })),
      slugs,
      middle: 'Market 2',
    })
    this.#answers = await answerAll(this.#database.snapshots, this.#questions)
  }
}
