import { describe, expect, it } from 'vitest'
import {
  mayRunAgain,
  orUnavailable,
  provesRollback,
  sqlState,
} from '../../../src/adapters/postgres/sql-errors.ts'
import { Unavailable } from '../../../src/application/consistency/ports/unavailable.ts'

/** As the driver throws what PostgreSQL says. */
const says = (code: string) => Object.assign(new Error('no'), { severity: 'ERROR', code })

describe('an error in answer to COMMIT', () => {
  it.each(['23503', '23505', '40001', '40P01', '25P02', '57014'])(
    'proves by %s that nothing was committed',
    (state) => expect(provesRollback(says(state))).toBe(true),
  )

  // 40003: statement completion unknown. The others may follow the commit: the server goes down, the connection breaks.
  it.each(['40003', '57P01', '57P02', '08006', '58030', 'XX000'])(
    'proves nothing by %s, so that its write is invalidated as if it had happened',
    (state) => expect(provesRollback(says(state))).toBe(false),
  )

  it('proves nothing where PostgreSQL did not say it', () => {
    expect(provesRollback(Object.assign(new Error('reset'), { code: '40001' }))).toBe(false)
    expect(provesRollback('40001')).toBe(false)
    expect(sqlState(Object.assign(new Error('x'), { severity: 'ERROR', code: 40001 }))).toBeUndefined()
  })
})

it('of transactions that got in each other’s way, and of those alone, one is run again', () => {
  expect(
    ['40001', '40P01', '40003', '40002', '55P03', '23505'].filter((state) => mayRunAgain(says(state))),
  ).toEqual(['40001', '40P01'])
})

it.each([
  // A connection, a login, a database, a resource, a shutdown, the system, a deadline; a primary that was demoted.
  ['08006', 'database-unavailable'],
  ['28P01', 'database-unavailable'],
  ['3D000', 'database-unavailable'],
  ['53300', 'database-unavailable'],
  ['57P01', 'database-unavailable'],
  ['58030', 'database-unavailable'],
  ['57014', 'database-unavailable'],
  ['25P03', 'database-unavailable'],
  ['25006', 'database-unavailable'],
  ['40P01', 'database-unavailable'],
  // Another write holds the row, and PostgreSQL is well.
  ['55P03', 'overloaded'],
])('SQLSTATE %s is told as %s', (state, code) => {
  const told = orUnavailable(says(state))
  expect(told).toBeInstanceOf(Unavailable)
  expect(told).toMatchObject({ code, cause: { code: state } })
})

it.each(['23505', '22021', '42P01', '57000'])(
  'SQLSTATE %s is no sign that PostgreSQL cannot serve',
  (state) => {
    const error = says(state)
    expect(orUnavailable(error)).toBe(error)
  },
)
