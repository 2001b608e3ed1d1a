import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RegisterAccount } from '../../../src/application/accounts/register-account.ts'
import { CreateMarket } from '../../../src/application/markets/create-market.ts'
import { ListOwnMarkets } from '../../../src/application/markets/market-reads.ts'
import type { Once } from '../../../src/application/ports/repositories.ts'
import { Snapshots } from '../../../src/application/ports/view-queries.ts'
import { ANSWERS_KEPT_MS } from '../../../src/application/use-case/once.ts'
import { readConfig } from '../../../src/infrastructure/config/config.ts'
import { type Core, openCore } from '../../../src/infrastructure/core.ts'
import { serviceOf } from '../../../src/infrastructure/modules/use-cases.ts'
import { type FreshDatabase, freshDatabase } from '../../support/postgres.ts'

const FAIR = { name: 'Fair', city: 'Salem', stallCount: 3 }

describe('a write under a key', () => {
  let database: FreshDatabase
  let core: Core
  let client: Client
  let organizer: string
  let keys = 0

  beforeAll(async () => {
    database = await freshDatabase()
    const env = {
      DATABASE_URL: database.url,
      CACHE: 'null',
      JWT_SECRET: 'a secret of thirty-two bytes or more',
    }
    core = await openCore(readConfig(env), pino({ level: 'silent' }))
    client = new Client({ connectionString: database.url })
    await client.connect()
    const register = await core.container.getAsync(serviceOf(RegisterAccount))
    const { account } = await register({
      email: 'rosa@example.org',
      password: 'tomatoes in november',
      name: 'Rosa',
      role: 'organizer',
    })
    organizer = account.id
  })
  afterAll(async () => {
    await client?.end()
    await core?.close()
    await database?.drop()
  })

  const once = (request = 'this'): Once => ({ accountId: organizer, key: `key-${keys++}`, request })
  const create = async (key: Once | undefined, more: object = {}) =>
    (await core.container.getAsync(serviceOf(CreateMarket)))(organizer, { ...FAIR, ...more }, key)
  const markets = async () => {
    const snapshots = await core.container.getAsync(Snapshots)
    const asked = { organizer, page: 1, pageSize: 100 }
    return (await snapshots.read((queries) => ListOwnMarkets.view.load(queries, asked)))!.value.total
  }
  const logged = async () =>
    (await client.query('select tags from cache_invalidation order by id')).rows.map(({ tags }) => tags)

  it('is executed once, answered the same ever after, and invalidates again what it did', async () => {
    const before = await markets()
    const key = once()
    const first = await create(key)
    const rows = await logged()
    expect(await create(key)).toEqual(first)
    expect(await markets()).toBe(before + 1)
    expect(await logged()).toEqual([...rows, rows.at(-1)])
  })

  it('is executed once however many ask at once', async () => {
    const before = await markets()
    for (let round = 0; round < 5; round++) {
      const key = once()
      const answers = await Promise.all(Array.from({ length: 4 }, () => create(key)))
      expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1)
    }
    expect(await markets()).toBe(before + 5)
  })

  it('is no other write: what else is asked under it is refused, and changes nothing', async () => {
    const key = once()
    await create(key)
    const before = await markets()
    await expect(create({ ...key, request: 'that' })).rejects.toMatchObject({
      code: 'idempotency-key-reused',
    })
    expect(await markets()).toBe(before)
  })

  it('is another one for another account', async () => {
    const key = once()
    const others = { ...key, accountId: crypto.randomUUID() }
    const [one, other] = [await create(key), await create(others)]
    expect([(await create(key)).id, (await create(others)).id]).toEqual([one.id, other.id])
    expect(one.id).not.toBe(other.id)
  })

  it('that was refused was not executed, and may be tried again', async () => {
    const key = once()
    const { slug } = await create(undefined)
    await expect(create(key, { slug })).rejects.toMatchObject({ code: 'slug-taken' })
    await client.query('update markets set slug = $1 where slug = $2', [`${slug}-gone`, slug])
    expect((await create(key, { slug })).slug).toBe(slug)
  })

  it('is forgotten after a day, and not before', async () => {
    const [old, young] = [once(), once()]
    const answers = [await create(old), await create(young)]
    const age =
      "update idempotency_keys set created_at = now() - interval '1 day' + $1::interval where key = $2"
    await client.query(age, ['-1 minute', old.key])
    await client.query(age, ['1 minute', young.key])
    await core.database.sweepAnswers(ANSWERS_KEPT_MS)
    expect((await create(young)).id).toBe(answers[1]!.id)
    expect((await create(old)).id).not.toBe(answers[0]!.id)
  })
  it('is swept together with links that have expired, and with no others', async () => {
    const link = `insert into password_resets values ($1, $2, 0, now() + $3::interval)`
    await client.query(link, ['expired', organizer, '-1 minute'])
    await client.query(link, ['good', organizer, '1 minute'])
    await core.database.sweepAnswers(ANSWERS_KEPT_MS)
    const { rows } = await client.query('select secret_hash from password_resets')
    expect(rows).toEqual([{ secret_hash: 'good' }])
  })
})
