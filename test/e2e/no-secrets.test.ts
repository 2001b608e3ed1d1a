import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, Api } from '../support/api.ts'
import { type FreshDatabase, freshDatabase } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { type RunningService, runToEnd, startService } from '../support/service.ts'

const SECRETS = {
  databasePassword: 'hush-database-5f1c',
  redisPassword: 'hush-redis-77ab',
  jwtSecret: 'hush-jwt-0123456789-0123456789-0123456789',
  jwtAccepted: 'hush-accepted-0123456789-0123456789-0123',
  password: 'hush password one',
  newPassword: 'hush password two',
  mistyped: 'hush password oen',
}

describe('no secret is told to a log or in an answer, at the most talkative level', () => {
  let database: FreshDatabase
  let redis: TestRedis
  let service: RunningService
  const answers: Answer[] = []
  const tokens: string[] = []

  beforeAll(async () => {
    database = await freshDatabase()
    // It wants another password than the service has: every connection is refused, and the reason logged.
    redis = await startRedis()
    await redis.cli('CONFIG', 'SET', 'requirepass', 'the-right-one')
    const url = new URL(database.url)
    url.password = SECRETS.databasePassword
    service = await startService({
      DATABASE_URL: url.href,
      REDIS_URL: `redis://:${SECRETS.redisPassword}@127.0.0.1:${redis.port}`,
      JWT_SECRET: SECRETS.jwtSecret,
      JWT_SECRET_ACCEPTED: SECRETS.jwtAccepted,
      RATE_LIMIT: 'on',
      LOG_LEVEL: 'trace',
    })
  })
  afterAll(async () => {
    await service?.stop()
    await redis?.stop()
    await database?.drop()
  })

  async function ask(answer: Promise<Answer>): Promise<Answer> {
    answers.push(await answer)
    return answers.at(-1)!
  }

  it('whatever a client sends', async () => {
    const api = new Api(service.url)
    const email = `${randomUUID()}@example.org`
    const person = { email, password: SECRETS.password, name: 'Rosa', role: 'organizer' }
    const registered = await ask(api.post('/auth/register', person))
    tokens.push(registered.body.token)
    const rosa = api.as(tokens[0]!)
    await ask(api.post('/auth/register', person))
    await ask(api.post('/auth/register', { ...person, role: SECRETS.password }))
    await ask(api.post('/auth/login', { email, password: SECRETS.mistyped }))
    await ask(api.post('/auth/login', { email, password: { text: SECRETS.password } }))
    await ask(api.get(`/markets?token=${tokens[0]}`))
    await ask(api.get(`/nowhere/${tokens[0]}`))
    await ask(api.as(`${tokens[0]}x`).get('/me'))
    await ask(
      rosa.put('/me/password', { current_password: SECRETS.mistyped, new_password: SECRETS.newPassword }),
    )
    const changed = await ask(
      rosa.put('/me/password', { current_password: SECRETS.password, new_password: SECRETS.newPassword }),
    )
    tokens.push(changed.body.token)
    await ask(rosa.get('/me'))
    const broken = await fetch(`${service.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[1]}` },
      body: `{"email":"${email}","password":"${SECRETS.newPassword}"`,
    })
    expect(broken.status).toBe(400)
    await ask(api.get('/readyz'))
    await ask(api.get('/metrics'))
    expect(answers.map(({ status }) => status)).toEqual([
      201, 409, 400, 401, 400, 400, 404, 401, 403, 200, 401, 200, 200,
    ])
    // Tokens are told to those who asked for them, and to no other client.
    const given = [registered, changed]
    for (const answer of answers) {
      const told = JSON.stringify([answer.text, [...answer.headers]])
      for (const secret of [...Object.values(SECRETS), ...(given.includes(answer) ? [] : tokens)])
        expect(told).not.toContain(secret)
    }
  })

  it('what the database says of a statement, values included', async () => {
    const client = new Client({ connectionString: database.url })
    await client.connect()
    await client.query("alter table accounts add constraint by_hand check (name <> 'Unforeseen')")
    await client.end()
    const person = { email: 'unforeseen@example.org', password: SECRETS.password, role: 'organizer' }
    const answer = await new Api(service.url).post('/auth/register', { ...person, name: 'Unforeseen' })
    expect([answer.status, answer.body.code]).toEqual([500, 'internal'])
    expect(answer.text).not.toMatch(/accounts|by_hand|insert/)
    const line = () => service.log.find((each) => each.includes('unforeseen error'))
    await expect.poll(line).toMatch(/by_hand/)
    expect(line()).not.toMatch(/argon2|unforeseen@example\.org/)
  })

  it('and nothing of it all is in the log', () => {
    const log = service.log.join('\n')
    expect(log).toContain('no connection to Redis')
    for (const secret of [...Object.values(SECRETS), ...tokens]) expect(log).not.toContain(secret)
  })

  it.each([
    [
      'a database that refuses',
      { DATABASE_URL: `postgres://unknown:${SECRETS.databasePassword}@127.0.0.1:5432/x` },
    ],
    ['a database out of reach', { DATABASE_URL: `postgres://a:${SECRETS.databasePassword}@127.0.0.1:1/x` }],
    ['a wrong URL', { DATABASE_URL: `mysql://a:${SECRETS.databasePassword}@db` }],
    ['a wrong URL of Redis', { REDIS_URL: `http://:${SECRETS.redisPassword}@redis` }],
    ['a secret that is too short', { JWT_SECRET: SECRETS.jwtSecret.slice(0, 31) }],
  ])('nor in what it dies with: %s', async (_name, env) => {
    const defaults = { JWT_SECRET: SECRETS.jwtSecret, DATA_DIR: 'memory', LOG_LEVEL: 'trace', PORT: '0' }
    const { code, output } = await runToEnd('src/infrastructure/bin/main.ts', [], { ...defaults, ...env })
    expect([69, 78]).toContain(code)
    expect(output.length).toBeGreaterThan(20)
    expect(output).not.toMatch(/hush-/)
  })
})
