import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../../src/adapters/postgres/database.ts'
import { CAUSES, failureCause } from '../../../src/adapters/postgres/failure-cause.ts'
import { exitCodeOf, explainExit } from '../../../src/infrastructure/exit.ts'
import { DatabaseState } from '../../../src/infrastructure/observability/database-state.ts'

it('what keeps PostgreSQL from serving has a word, which the operations explain, settings first', () => {
  const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  const [, table = ''] = page.split('| Word | PostgreSQL |')
  const rows = [...table.split('\n\n')[0]!.matchAll(/^\| (`.*?) \|/gm)].map(([, words]) =>
    [...words!.matchAll(/`([a-z-]+)`/g)].map(([, word]) => word!),
  )
  const named = (setting: boolean) =>
    Object.entries(CAUSES).flatMap(([word, about]) => (about.setting === setting ? [word] : []))
  expect(rows.slice(0, 3).flat().sort()).toEqual(named(true).sort())
  expect(rows.slice(3).flat().sort()).toEqual(named(false).sort())
})

const SSL_REQUEST = 80877103

describe('what keeps an instance from starting', () => {
  let server: Server | undefined
  afterEach(() => void server?.close())

  /** Something that speaks enough of PostgreSQL's protocol to refuse. */
  async function refusing(sqlState: string): Promise<number> {
    const fields = `SFATAL\0VFATAL\0C${sqlState}\0Mthe server says why\0\0`
    const head = Buffer.alloc(5)
    head.write('E')
    head.writeInt32BE(fields.length + 4, 1)
    server = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (data: Buffer) => {
        if (data.readInt32BE(4) === SSL_REQUEST) socket.write('N')
        else socket.end(Buffer.concat([head, Buffer.from(fields)]))
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  async function failedStart(port: number, query = ''): Promise<unknown> {
    return openDatabase({ url: `postgres://user:secret@127.0.0.1:${port}/db${query}` }).then(
      () => expect.unreachable(),
      (error: unknown) => error,
    )
  }

  it.each([
    ['28P01', 'wrong-password', 78, 'refuses the password'],
    ['28000', 'not-admitted', 78, 'no such role'],
    ['3D000', 'no-database', 78, 'does not exist'],
    ['08P01', 'protocol', 78, 'refuses how it is spoken to'],
    ['53100', 'disk-full', 69, 'disk is full'],
    ['53300', 'too-many-connections', 69, 'no connection left'],
    ['57P03', 'not-accepting', 69, 'starts, stops'],
    ['58030', 'system-error', 69, 'error of its system'],
  ])('is told from SQLSTATE %s: %s, and the exit code is %i', async (state, cause, code, says) => {
    const error = await failedStart(await refusing(state))
    expect(failureCause(error)).toBe(cause)
    expect(exitCodeOf(error)).toBe(code)
    expect(explainExit(error)).toMatch(says)
    expect(explainExit(error)).toMatch(/at 127\.0\.0\.1:\d+\/db: the server says why$/)
    expect(explainExit(error)).not.toMatch('secret')
  })

  it('is a server without TLS where TLS is asked for: 78', async () => {
    const error = await failedStart(await refusing('XX000'), '?sslmode=verify-full')
    expect([failureCause(error), exitCodeOf(error)]).toEqual(['tls', 78])
  })

  it('is a port on which nothing listens: 69', async () => {
    const port = await refusing('XX000')
    server?.close()
    await once(server!, 'close')
    const error = await failedStart(port)
    expect([failureCause(error), exitCodeOf(error)]).toEqual(['refused', 69])
    expect(explainExit(error)).toMatch(`127.0.0.1:${port}`)
  })

  it('is a name that no host has, unless names cannot be looked up now', () => {
    const failed = (code: string) => Object.assign(new Error('getaddrinfo'), { code, syscall: 'getaddrinfo' })
    expect(failureCause(failed('ENOTFOUND'))).toBe('unknown-host')
    expect(failureCause(failed('EAI_AGAIN'))).toBe('unreachable')
  })
})

describe('the database’s state', () => {
  it('has one line for each change, however many uses fail, and is well when a drain is answered', () => {
    const lines: unknown[] = []
    const tell = (level: string) => (fields: unknown, message?: string) =>
      lines.push([level, message ?? fields])
    const logger = { error: tell('error'), info: tell('info') } as never
    let now = 0
    const state = new DatabaseState({ monotonic: () => now }, logger)
    for (let i = 0; i < 300; i++) {
      now += 3
      state.observe('log', 'refused')
      state.observe('loads', 'connection-lost')
    }
    expect(state.cause).toBe('refused')
    state.observe('log', undefined)
    expect(state.cause).toBeUndefined()
    state.observe('writes', 'disk-full')
    state.observe('log', undefined)
    expect(state.cause).toBe('disk-full')
    state.observe('writes', undefined)
    expect(lines).toEqual([
      ['error', 'Nothing takes connections at the address in DATABASE_URL'],
      ['info', 'PostgreSQL serves again'],
      ['error', 'PostgreSQL’s disk is full'],
    ])
    expect([...state.counts.values()].map(({ use, cause, count }) => [use, cause, count])).toEqual([
      ['log', 'refused', 300],
      ['loads', 'connection-lost', 300],
      ['writes', 'disk-full', 1],
    ])
  })
})
