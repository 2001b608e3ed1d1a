import { describe, expect, it } from 'vitest'
import { type Answer, type Connection, ConnectionLost } from '../../../src/adapters/postgres/connections.ts'
import { inLook, inSnapshot, inWrite } from '../../../src/adapters/postgres/transaction-steps.ts'
import { CommitUnknown } from '../../../src/application/consistency/ports/database.ts'

const answer = (command: string): PromiseSettledResult<Answer> => ({
  status: 'fulfilled',
  value: { command, rows: [], affected: 0 },
})
const refusal = (reason: unknown): PromiseSettledResult<Answer> => ({ status: 'rejected', reason })
const sql = (code: string) => Object.assign(new Error(code), { severity: 'ERROR', code })

/** A write of one tag on a connection to which the row and COMMIT come to this, and what was asked of it after that. */
async function write(...settled: PromiseSettledResult<Answer>[]) {
  const asked: string[] = []
  const connection: Connection = {
    query: async (statement) => {
      asked.push(statement)
      return { command: '', rows: [], affected: 0 }
    },
    begin: async () => ({ transaction: '7' }),
    inOneGo: async () => settled,
  }
  const outcome = await inWrite(connection, (_, { logInvalidation }) => logInvalidation(['a'])).catch(
    (error: unknown) => error,
  )
  return { outcome, asked }
}

const INSERTED = answer('INSERT')
const FULL = sql('53100')
const LOST = new ConnectionLost('The connection to PostgreSQL broke')

describe('a write whose row and COMMIT were sent together', () => {
  it('is done when both are', async () => {
    expect(await write(INSERTED, answer('COMMIT'))).toEqual({ outcome: '7', asked: [] })
  })

  it('is told why the row was refused, where COMMIT was answered with ROLLBACK', async () => {
    expect(await write(refusal(FULL), answer('ROLLBACK'))).toEqual({ outcome: FULL, asked: [] })
  })

  it('is told why the row was refused, where COMMIT was not sent, and rolled back', async () => {
    expect(await write(refusal(FULL))).toEqual({ outcome: FULL, asked: ['rollback'] })
  })

  it('is told why COMMIT was refused', async () => {
    const unique = sql('23505')
    expect(await write(INSERTED, refusal(unique))).toEqual({ outcome: unique, asked: [] })
  })

  it.each([
    ['COMMIT has no answer', INSERTED],
    ['neither has an answer', refusal(LOST)],
    // PgBouncer answers so for a server that it has lost, which may have executed both.
    ['a pooler answers for the row, and nothing for COMMIT', refusal(sql('08P01'))],
    ['the server ends at the row', refusal(sql('57P01'))],
  ])('has an outcome that is unknown when %s', async (_, row) => {
    expect((await write(row, refusal(LOST))).outcome).toBeInstanceOf(CommitUnknown)
  })

  it('has an outcome that is unknown when COMMIT was answered and the row refused: what was committed may be nothing', async () => {
    const unsent = new TypeError('cannot be sent')
    const { outcome } = await write(refusal(unsent), answer('COMMIT'))
    expect(outcome).toBeInstanceOf(CommitUnknown)
    expect(outcome).toMatchObject({ cause: unsent })
  })

  it('is no success when COMMIT was answered with ROLLBACK though the row was not refused', async () => {
    expect((await write(INSERTED, answer('ROLLBACK'))).outcome).toMatchObject({
      message: expect.stringContaining('PostgreSQL rolled back'),
    })
  })
})

describe('what the work of a transaction asks once it is over', () => {
  const begin = async () => undefined
  const done = { command: 'COMMIT', rows: [], affected: 0 }

  it.each([
    ['a write', inWrite],
    ['a look', inLook],
    ['a load', inSnapshot],
  ] as const)(
    'is refused while COMMIT of %s is under way: it would be a transaction of its own',
    async (_, run) => {
      const asked: string[] = []
      let late: Promise<unknown> | undefined
      let execute: Connection['query']
      const committing = async <T>(answer: T): Promise<T> => {
        late ??= execute('late').catch((error: unknown) => error)
        return answer
      }
      const connection: Connection = {
        begin,
        query: async (sql) => {
          asked.push(sql)
          return sql === 'commit' ? committing(done) : done
        },
        inOneGo: (statements) =>
          committing(statements.map(() => ({ status: 'fulfilled' as const, value: done }))),
      }
      await run(connection, async (lent) => {
        execute = lent
        await lent('in time')
      })
      expect(await late).toMatchObject({ name: 'ConnectionLost', message: 'The transaction is over' })
      expect(asked).not.toContain('late')
    },
  )

  it('is refused behind ROLLBACK', async () => {
    const asked: string[] = []
    let late: Promise<unknown> | undefined
    let execute: Connection['query']
    const connection: Connection = {
      begin,
      query: async (sql) => {
        asked.push(sql)
        if (sql === 'rollback') late = execute('late').catch((error: unknown) => error)
        return done
      },
      inOneGo: async () => [],
    }
    const failed = inWrite(connection, async (lent) => {
      execute = lent
      throw new Error('of the work')
    })
    await expect(failed).rejects.toThrow('of the work')
    expect(await late).toBeInstanceOf(ConnectionLost)
    expect(asked).toEqual(['rollback'])
  })
})
