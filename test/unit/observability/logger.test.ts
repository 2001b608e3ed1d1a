import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../src/infrastructure/observability/logger.ts'

const SECRET = 'hush-5f1c'
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl-5f1c'
const HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$E9BkMo1mU8i9QBOmib+jdQ$fpW++nVpcZLsWas1l9F7W/qp2Az/sHfzkhJtcPJ/J10'

/** The lines that a logger writes. */
function lines(write: (logger: ReturnType<typeof createLogger>) => void): string[] {
  const written: string[] = []
  write(createLogger('trace', { write: (line) => written.push(line) }))
  return written
}

const lineOf = (fields: object, message = 'x') => lines((logger) => logger.info(fields, message))[0]!

describe('a log line has no', () => {
  it.each([
    ['authorization', { headers: { authorization: `Basic ${SECRET}` } }],
    ['cookie', { req: { headers: { Cookie: `sid=${SECRET}; a="b"` } } }],
    ['list of cookies', { res: { 'set-cookie': [`sid=${SECRET}`, `other=${SECRET}`] } }],
    ['password with a quote in it', { body: { password: `a"b\\${SECRET}` } }],
    ['token', { deep: { deeper: [{ token: SECRET }] } }],
    ['secret', { config: { jwtSecret: SECRET } }],
    ['password in a database’s URL', { url: `postgres://marketflow:${SECRET}@db.example:5432/marketflow` }],
    [
      'password in Redis’s URL, without a user',
      { url: `rediss://:p@ss:${SECRET}@cache.example:6379,b:7001` },
    ],
    ['bearer', { header: `Bearer ${SECRET}` }],
    ['password in an error’s message', { err: new Error(`cannot reach redis://u:${SECRET}@h:6379`) }],
    [
      'password in an error’s cause',
      { err: new Error('x', { cause: new Error(`postgres://u:${SECRET}@h/db refused`) }) },
    ],
  ])('%s', (_, fields) => {
    const line = lineOf(fields)
    expect(line).not.toContain(SECRET)
    expect(line).toContain('[redacted]')
    expect(JSON.parse(line)).toMatchObject({ level: 30, msg: 'x' })
  })

  it('token or hash of a password, in any text', () => {
    const line = lineOf({ some: `of ${TOKEN}, and` }, `${HASH} is what they sent`)
    expect(JSON.parse(line)).toMatchObject({
      some: 'of [redacted], and',
      msg: '[redacted] is what they sent',
    })
  })
})

describe('a log line keeps', () => {
  it('hosts, requests and all that is not secret', () => {
    const fields = {
      database: 'PostgreSQL 17.2 at db.example.org:5432/marketflow',
      url: 'http://127.0.0.1:3000/markets?city=lisbon',
      mail: 'mailto:rosa@example.org',
      requestId: '826672b3-ea1e-40a0-b6d2-92e649c6135c',
      tags: ['market:1', 'markets:active'],
      passwordless: true,
    }
    expect(JSON.parse(lineOf(fields))).toMatchObject(fields)
  })

  it('being one line of JSON, whatever is in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, text) => {
        const [line, ...more] = lines((logger) =>
          logger.info({ value, password: text, url: `a://${text}@` }, text),
        )
        expect(more).toEqual([])
        expect(line!.trimEnd()).not.toContain('\n')
        expect(JSON.parse(line!).password).toBe('[redacted]')
      }),
    )
  })
})

it('a warning and an error leave at once, with what waits to leave together', () => {
  const seen: string[] = []
  const logger = createLogger('info', {
    write: (line) => void seen.push(JSON.parse(line).msg),
    flush: () => void seen.push('out'),
  })
  logger.info('one')
  logger.warn('two')
  logger.info('three')
  logger.error('four')
  expect(seen).toEqual(['one', 'two', 'out', 'three', 'four', 'out'])
})
