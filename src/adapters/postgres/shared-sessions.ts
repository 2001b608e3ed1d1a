import { randomUUID } from 'node:crypto'
import { Client, type ClientConfig } from 'pg'
import { within } from './connections.ts'
import { query } from './same-primary.ts'

/** A pooler between this instance and PostgreSQL gives a session's transactions to different connections. */
export class SessionNotOwn extends Error {
  override readonly name = 'SessionNotOwn'

  constructor() {
    super(
      'DATABASE_URL leads to a pooler that shares PostgreSQL’s sessions between its clients, such as PgBouncer with pool_mode=transaction. Marketflow’s locks belong to a session: without one of its own, no instance can tell whether others use the same settings. Set pool_mode=session (with its server_reset_query), or connect to PostgreSQL directly.',
    )
  }
}

const MARK = 'marketflow.session'

/** Tells a session from every other: set on it once, and compared from then on. */
export class SessionMark {
  readonly #mark: string = randomUUID()
  readonly setting = { [MARK]: this.#mark }
  /** An expression in SQL: whether what it runs on is the session that was marked. */
  readonly isOwn = `coalesce(current_setting('${MARK}', true) = '${this.#mark}', false)`
}

/** Several, in case other clients of the pooler take the sessions in between. */
const ROUNDS = 3

/**
 * Looks, by two clients, whether one's session is given to the other between transactions. What cannot be found out here,
 * since the database is out of reach or has no connection to spare, each look at the log finds.
 * @throws SessionNotOwn
 */
export async function refuseSharedSessions(to: ClientConfig, timeoutMs: number): Promise<void> {
  const clients = [0, 1].map(() => new Client({ ...to, application_name: 'marketflow probe' }))
  for (const client of clients) client.on('error', () => {})
  const [one, other] = clients as [Client, Client]
  const destroy = () => {
    for (const client of clients) client.connection.stream.destroy()
  }
  const probe = (async () => {
    await Promise.all([one.connect(), other.connect()])
    for (let round = 0; round < ROUNDS; round++) await compare(one, other)
  })()
  await within(timeoutMs, probe)
    .catch((error: unknown) => {
      if (error instanceof SessionNotOwn) throw error
    })
    .finally(destroy)
}

/** @throws SessionNotOwn */
async function compare(one: Client, other: Client): Promise<void> {
  const mark = new SessionMark()
  await one.query(`set ${MARK} = '${mark.setting[MARK]}'`)
  const seen = await query(other, ['begin', `select ${mark.isOwn} as same`])
  const still = await one.query(`select ${mark.isOwn} as same`)
  await other.query('rollback')
  if (seen.at(-1)?.rows[0]?.same === true || still.rows[0]?.same !== true) throw new SessionNotOwn()
}
