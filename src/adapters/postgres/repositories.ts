import { hash } from 'node:crypto'
import { type EntityManager, type FilterQuery, LockMode } from '@mikro-orm/core'
import {
  AccountRepository,
  ApplicationRepository,
  type KeptAnswer,
  KeptAnswers,
  MarketDayRepository,
  MarketRepository,
  type Once,
  PasswordResetRepository,
  type ResetLink,
  type ResetRequest,
  type SeenRow,
  VendorRepository,
} from '../../application/ports/repositories.ts'
import { Account } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import type { ApplicationIds } from '../../domain/events.ts'
import { parseId } from '../../domain/ids.ts'
import { Market } from '../../domain/market.ts'
import type { MarketDay } from '../../domain/season.ts'
import { Vendor } from '../../domain/vendor.ts'
import { LIVE_STATUSES, VendorApplication } from '../../domain/vendor-application.ts'
import type { Row } from './connections.ts'
import type { Query } from './sql-view-queries.ts'

/**
 * `select … for update`. What was read before the lock may be old by the time the lock is granted, so the fields of an
 * instance that this transaction has already read are replaced; its own changes are flushed before.
 */
async function findLocked<T extends { readonly id: string }>(
  em: EntityManager,
  entity: new (...args: never[]) => T,
  id: string,
): Promise<T | undefined> {
  const uuid = parseId(id)
  if (uuid === undefined) return undefined
  await em.flush()
  const options = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true } as const
  return ((await em.findOne<T>(entity, { id: uuid } as never, options)) as T | null) ?? undefined
}

export class MikroAccountRepository extends AccountRepository {
  readonly #em: EntityManager

  constructor(em: EntityManager) {
    super()
    this.#em = em
  }

  async exist(): Promise<boolean> {
    return (await this.#em.count(Account)) > 0
  }

  add(account: Account): void {
    this.#em.persist(account)
  }

  remove(account: Account): void {
    this.#em.remove(account)
  }

  async find(id: string): Promise<Account | undefined> {
    const uuid = parseId(id)
    return uuid === undefined ? undefined : ((await this.#em.findOne(Account, { id: uuid })) ?? undefined)
  }

  findForUpdate(id: string): Promise<Account | undefined> {
    return findLocked(this.#em, Account, id)
  }

  async findByEmail(email: string): Promise<Account | undefined> {
    return (await this.#em.findOne(Account, { email })) ?? undefined
  }
}

const ADD_ALL = 'insert into markets select * from json_populate_recordset(null::markets, $1::json)'

const SEEN_BEFORE =
  'select directory_id as id, line from directory_row_seen where run = $1 and directory_id = any($2)'

const NOTE_SEEN = `
  insert into directory_row_seen (run, directory_id, line)
  select $1, id, line from unnest($2::text[], $3::int[]) as rows (id, line)
  on conflict do nothing`

/** One that has an organizer is the organizer's to close. */
const MISSING = `
  from markets m where directory_source = $1 and unclaimed and status = 'active'
  and not exists (select from directory_row_seen s where s.run = $2 and s.directory_id = m.directory_id)`

const FORGET_SEEN = `delete from directory_row_seen where run = $1 or noted_at < now() - interval '1 day'`

const ACCEPTED_VENDORS = `
  select market::text, array_to_json(array(
    select vendor_id from vendor_applications where market_id = market and status = 'accepted' limit $2))::text as vendors
  from unnest($1::uuid[]) market`

export class MikroMarketRepository extends MarketRepository {
  readonly #em: EntityManager
  readonly #query: Query

  constructor(em: EntityManager, query: Query) {
    super()
    this.#em = em
    this.#query = query
  }

  add(market: Market): void {
    this.#em.persist(market)
  }

  /** Past the identity map, which would compare each with itself and write values into the text of statements. */
  async addAll(markets: readonly Market[]): Promise<void> {
    const { props } = this.#em.getMetadata().get(Market)
    const rows = markets.map((market) =>
      Object.fromEntries(
        props.map(({ name, fieldNames, onCreate }) => [
          fieldNames[0],
          onCreate ? onCreate(market, this.#em) : market[name as keyof Market],
        ]),
      ),
    )
    await this.#query(ADD_ALL, [JSON.stringify(rows)])
  }

  remove(market: Market): void {
    this.#em.remove(market)
  }

  findForUpdate(id: string): Promise<Market | undefined> {
    return findLocked(this.#em, Market, id)
  }

  async find(id: string): Promise<Market | undefined> {
    const uuid = parseId(id)
    return uuid === undefined ? undefined : ((await this.#em.findOne(Market, { id: uuid })) ?? undefined)
  }

  async takenSlugs(slugs: readonly string[]): Promise<Set<string>> {
    const rows = await this.#query('select slug from markets where slug = any($1)', [slugs])
    return new Set(rows.map(({ slug }) => String(slug)))
  }

  async findBySlugForUpdate(slug: string): Promise<Market | undefined> {
    await this.#em.flush()
    const options = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true } as const
    return (await this.#em.findOne(Market, { slug }, options)) ?? undefined
  }

  findAllForUpdate(ids: readonly string[]): Promise<Market[]> {
    return this.#lockAll({ id: { $in: [...ids] } })
  }

  findOfForUpdate(organizerId: string): Promise<Market[]> {
    return this.#lockAll({ organizerId })
  }

  findByDirectoryIds(source: string, ids: readonly string[]): Promise<Market[]> {
    return this.#lockAll({ directorySource: source, directoryId: { $in: [...ids] } })
  }

  async noteSeen(run: string, rows: readonly SeenRow[]): Promise<Map<string, number>> {
    const ids = rows.map(({ directoryId }) => directoryId)
    const found = await this.#query(SEEN_BEFORE, [run, ids])
    await this.#query(NOTE_SEEN, [run, ids, rows.map(({ line }) => line)])
    return new Map(found.map(({ id, line }) => [String(id), Number(line)]))
  }

  async countMissing(source: string, run: string): Promise<number> {
    const [row] = await this.#query(`select count(*)::int as missing ${MISSING}`, [source, run])
    return Number(row!.missing)
  }

  async findMissing(source: string, run: string, atMost: number): Promise<Market[]> {
    const rows = await this.#query(`select id::text ${MISSING} order by id limit $3`, [source, run, atMost])
    return this.#lockAll({ id: { $in: rows.map(({ id }) => String(id)) }, unclaimed: true, status: 'active' })
  }

  async forgetSeen(run: string): Promise<void> {
    await this.#query(FORGET_SEEN, [run])
  }

  /** In the order of their ids, so that two who lock some of the same don't wait for each other. */
  async #lockAll(which: FilterQuery<Market>): Promise<Market[]> {
    await this.#em.flush()
    const options = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true, orderBy: { id: 'asc' } } as const
    return this.#em.find(Market, which, options)
  }

  async acceptedVendorIds(ids: readonly string[], atMost: number): Promise<Map<string, string[]>> {
    const uuids = ids.filter((id) => parseId(id) !== undefined)
    const rows = await this.#query(ACCEPTED_VENDORS, [uuids, atMost])
    return new Map(rows.map(({ market, vendors }) => [String(market), JSON.parse(String(vendors))]))
  }
}

const HOLD_APPLICANTS = `
  select from vendors where id in (select vendor_id from vendor_applications where market_id = $1)
  order by id for share`

const PUT_DAYS = `
  insert into market_days (market_id, date, opens, closes, status, note, updated_at)
  select $1, d.*, $3 from json_to_recordset($2::json) d (date date, opens text, closes text, status text, note text)
  on conflict (market_id, date) do update set
    (opens, closes, status, note, updated_at) =
    (excluded.opens, excluded.closes, excluded.status, excluded.note, excluded.updated_at)`

const DAYS = `
  select to_char(date, 'YYYY-MM-DD') as date, opens, closes, status, note
  from market_days where market_id = $1 and ($2::date is null or date = $2) order by date`

/** Rows as they are: a season's days are written by one statement. */
export class SqlMarketDayRepository extends MarketDayRepository {
  readonly #query: Query

  constructor(query: Query) {
    super()
    this.#query = query
  }

  async of(marketId: string): Promise<MarketDay[]> {
    return (await this.#query(DAYS, [marketId, null])) as unknown as MarketDay[]
  }

  async find(marketId: string, date: string): Promise<MarketDay | undefined> {
    const [day] = await this.#query(DAYS, [marketId, date])
    return day as MarketDay | undefined
  }

  async put(marketId: string, days: readonly MarketDay[], now: Date): Promise<void> {
    if (days.length > 0) await this.#query(PUT_DAYS, [marketId, JSON.stringify(days), now.toISOString()])
  }

  async remove(marketId: string, dates: readonly string[]): Promise<void> {
    if (dates.length === 0) return
    await this.#query('delete from market_days where market_id = $1 and date = any($2::date[])', [
      marketId,
      dates,
    ])
  }
}

/** A vendor may have applied to one market many times: the limit counts markets. */
const MARKETS_APPLIED_TO = `
  select id::text as "marketId", slug from markets
  where id in (select market_id from vendor_applications where vendor_id = $1)
  limit $2`

const ORGANIZERS_APPLIED_TO = `
  select distinct organizer_id::text as id from markets
  where id in (select market_id from vendor_applications where vendor_id = $1)
  limit $2`

export class MikroVendorRepository extends VendorRepository {
  readonly #em: EntityManager
  readonly #query: Query

  constructor(em: EntityManager, query: Query) {
    super()
    this.#em = em
    this.#query = query
  }

  add(vendor: Vendor): void {
    this.#em.persist(vendor)
  }

  remove(vendor: Vendor): void {
    this.#em.remove(vendor)
  }

  async holdApplicantsOf(marketId: string): Promise<void> {
    await this.#query(HOLD_APPLICANTS, [marketId])
  }

  findForUpdate(id: string): Promise<Vendor | undefined> {
    return findLocked(this.#em, Vendor, id)
  }

  async marketsAppliedTo(id: string, atMost: number): Promise<{ marketId: string; slug: string }[]> {
    const uuid = parseId(id)
    if (uuid === undefined) return []
    const rows = await this.#query(MARKETS_APPLIED_TO, [uuid, atMost])
    return rows as { marketId: string; slug: string }[]
  }

  async organizersAppliedTo(id: string, atMost: number): Promise<string[]> {
    const uuid = parseId(id)
    if (uuid === undefined) return []
    const rows = await this.#query(ORGANIZERS_APPLIED_TO, [uuid, atMost])
    return (rows as { id: string }[]).map((row) => row.id)
  }
}

const APPLICATIONS_AT = `
  select market::text, array_to_json(array(
    select json_build_object('applicationId', id, 'vendorId', vendor_id)
    from vendor_applications where market_id = market limit $2))::text as applications
  from unnest($1::uuid[]) market`

const WAITING_AT = `
  select id::text as "applicationId", vendor_id::text as "vendorId" from vendor_applications
  where market_id = $1 and status = 'waitlisted' limit $2`

const APPLICATIONS_FOR = `
  select a.id::text from markets m join vendor_applications a on a.market_id = m.id
  where m.organizer_id = $1 limit $2`

const APPLICATIONS_OF = 'select id::text from vendor_applications where vendor_id = $1 limit $2'

export class MikroApplicationRepository extends ApplicationRepository {
  readonly #em: EntityManager
  readonly #query: Query

  constructor(em: EntityManager, query: Query) {
    super()
    this.#em = em
    this.#query = query
  }

  add(application: VendorApplication): void {
    this.#em.persist(application)
  }

  async find(id: string): Promise<VendorApplication | undefined> {
    const uuid = parseId(id)
    if (uuid === undefined) return undefined
    return (await this.#em.findOne(VendorApplication, { id: uuid })) ?? undefined
  }

  findForUpdate(id: string): Promise<VendorApplication | undefined> {
    return findLocked(this.#em, VendorApplication, id)
  }

  async at(marketIds: readonly string[], atMost: number): Promise<Map<string, ApplicationIds[]>> {
    const uuids = marketIds.filter((id) => parseId(id) !== undefined)
    const rows = uuids.length === 0 ? [] : await this.#query(APPLICATIONS_AT, [uuids, atMost])
    return new Map(rows.map(({ market, applications }) => [String(market), JSON.parse(String(applications))]))
  }

  async waitingAt(marketId: string, atMost: number): Promise<ApplicationIds[]> {
    const uuid = parseId(marketId)
    if (uuid === undefined) return []
    return (await this.#query(WAITING_AT, [uuid, atMost])) as unknown as ApplicationIds[]
  }

  async idsOf(vendorId: string, atMost: number): Promise<string[]> {
    const uuid = parseId(vendorId)
    if (uuid === undefined) return []
    return (await this.#query(APPLICATIONS_OF, [uuid, atMost])).map(({ id }) => String(id))
  }

  async of(vendorId: string): Promise<VendorApplication[]> {
    await this.#em.flush()
    return this.#em.find(VendorApplication, { vendorId }, { orderBy: { id: 'asc' }, refresh: true })
  }

  async idsFor(organizerId: string, atMost: number): Promise<string[]> {
    return (await this.#query(APPLICATIONS_FOR, [organizerId, atMost])).map(({ id }) => String(id))
  }

  async liveExists(marketId: string, vendorId: string): Promise<boolean> {
    const [market, vendor] = [parseId(marketId), parseId(vendorId)]
    if (market === undefined || vendor === undefined) return false
    await this.#em.flush() // count, unlike find, does not look whether it has to
    const live = { marketId: market, vendorId: vendor, status: { $in: [...LIVE_STATUSES] } }
    return (await this.#em.count(VendorApplication, live)) > 0
  }
}

/** Waits for a transaction that has just taken the same key, and takes nothing if that commits. */
const TAKE_KEY = `
  insert into idempotency_keys (account_id, key, request) values ($1, $2, $3)
  on conflict do nothing returning key`

const ANSWERED = `
  select request, answer, array_to_json(tags)::text as tags from idempotency_keys where account_id = $1 and key = $2`

const KEEP_ANSWER = 'update idempotency_keys set answer = $3, tags = $4 where account_id = $1 and key = $2'

export class SqlKeptAnswers extends KeptAnswers {
  readonly #query: Query

  constructor(query: Query) {
    super()
    this.#query = query
  }

  async take(once: Once): Promise<KeptAnswer | undefined> {
    const { accountId, key, request } = once
    if ((await this.#query(TAKE_KEY, [accountId, key, request])).length > 0) return undefined
    const [row] = await this.#query(ANSWERED, [accountId, key])
    // A day old, it was swept between the two.
    if (row === undefined) return this.take(once)
    if (row.request !== request) throw new MarketflowError('idempotency-key-reused')
    return { answer: String(row.answer), tags: JSON.parse(String(row.tags)) }
  }

  async keep({ accountId, key }: Once, { answer, tags }: KeptAnswer): Promise<void> {
    await this.#query(KEEP_ANSWER, [accountId, key, answer, tags])
  }

  async forget(accountId: string): Promise<void> {
    await this.#query('delete from idempotency_keys where account_id = $1', [accountId])
  }
}

const ADD_LINK = `
  insert into password_resets (secret_hash, account_id, session_epoch, expires_at) values ($1, $2, $3, $4)`

const LINK = 'account_id::text, session_epoch, extract(epoch from expires_at)::float8 as expires_s'

/** What is there already may be at the attempt of an instance, which must not be lost. */
const REQUEST = `
  insert into password_reset_requests (email, requested_at, due_at) values ($1, $2, $2) on conflict do nothing`

const NEXT_REQUEST = `
  update password_reset_requests r
  set attempts = attempts + 1, due_at = $1::timestamptz + $2::float8 * 2 ^ attempts * interval '1 millisecond'
  from (
    select email from password_reset_requests where due_at <= $1 order by due_at limit 1 for update skip locked
  ) next where r.email = next.email
  returning r.email, r.attempts, extract(epoch from r.requested_at)::float8 as requested_s`

export class SqlPasswordResetRepository extends PasswordResetRepository {
  readonly #query: Query

  constructor(query: Query) {
    super()
    this.#query = query
  }

  async add(secret: string, { accountId, sessionEpoch, expiresAt }: ResetLink): Promise<void> {
    await this.#query(ADD_LINK, [digestOf(secret), accountId, sessionEpoch, expiresAt.toISOString()])
  }

  async find(secret: string): Promise<ResetLink | undefined> {
    return linkOf(
      await this.#query(`select ${LINK} from password_resets where secret_hash = $1`, [digestOf(secret)]),
    )
  }

  async take(secret: string): Promise<ResetLink | undefined> {
    return linkOf(
      await this.#query(`delete from password_resets where secret_hash = $1 returning ${LINK}`, [
        digestOf(secret),
      ]),
    )
  }

  async forgetLinks(accountId: string): Promise<void> {
    await this.#query('delete from password_resets where account_id = $1', [accountId])
  }

  async request(email: string, now: Date): Promise<void> {
    await this.#query(REQUEST, [email, now.toISOString()])
  }

  async nextRequest(now: Date, waitMs: number): Promise<ResetRequest | undefined> {
    const [row] = await this.#query(NEXT_REQUEST, [now.toISOString(), waitMs])
    return (
      row && {
        email: String(row.email),
        requestedAt: new Date(Number(row.requested_s) * 1000),
        attempt: Number(row.attempts),
      }
    )
  }

  async forgetRequest(email: string): Promise<void> {
    await this.#query('delete from password_reset_requests where email = $1', [email])
  }
}

function linkOf([row]: readonly Row[]): ResetLink | undefined {
  return (
    row && {
      accountId: String(row.account_id),
      sessionEpoch: Number(row.session_epoch),
      expiresAt: new Date(Number(row.expires_s) * 1000),
    }
  )
}

/** A secret of 256 random bits needs no salt, and no slow hash. */
function digestOf(secret: string): string {
  return hash('sha256', secret, 'base64url')
}
