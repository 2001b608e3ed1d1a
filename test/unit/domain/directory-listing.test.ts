import { expect, it } from 'vitest'
import { type ListedHours, saysTheSame, seasonsAhead } from '../../../src/domain/directory-listing.ts'

const weekly = [{ weekday: 'saturday', opens: '08:00', closes: '13:00' }] as const
const listed = (from: string | null, to: string | null, more: Partial<ListedHours> = {}): ListedHours => ({
  ...{ from, to, weekly, words: null },
  ...more,
})
const spans = (today: string, ...hours: ListedHours[]) =>
  seasonsAhead(hours, today).map(({ from, to }) => `${from} ${to}`)

it('a listed season of every year is the one that is under way, or else the next', () => {
  const summer = listed('--05-07', '--10')
  expect(spans('2026-03-01', summer)).toEqual(['2026-05-07 2026-10-31'])
  expect(spans('2026-10-31', summer)).toEqual(['2026-05-07 2026-10-31'])
  expect(spans('2026-11-01', summer)).toEqual(['2027-05-07 2027-10-31'])
  const winter = listed('--11', '--02-29')
  expect(spans('2026-01-15', winter)).toEqual(['2025-11-01 2026-02-28'])
  expect(spans('2026-06-15', winter)).toEqual(['2026-11-01 2027-02-28'])
  expect(spans('2026-06-15', listed('--01', '--12'))).toEqual(['2026-01-01 2026-12-31'])
})

it('a listed season of a year gone by is history, and one of a mistyped year opens on no date', () => {
  const hours = [
    listed('2018-06-01', '2018-10-31'),
    listed('2026-06-01', '2026-10-31'),
    listed('3026-06', '3026-08'),
  ]
  expect(spans('2026-10-31', ...hours)).toEqual(['2026-06-01 2026-10-31'])
  expect(spans('2026-11-01', ...hours)).toEqual([])
})

it('what does not say from when to when, or is told in words, opens on no date', () => {
  const hours = [
    listed(null, null),
    listed('2026-06-01', null),
    listed(null, '2026-10-31'),
    listed(null, null, { weekly: [], words: 'Daily' }),
  ]
  expect(spans('2026-06-01', ...hours)).toEqual([])
})

it('a listed season that has none of its weekdays, or begins more than 400 days from now, opens on no date', () => {
  expect(spans('2026-06-01', listed('2026-06-01', '2026-06-05'))).toEqual([])
  expect(spans('2026-06-01', listed('2026-06-01', '2026-06-06'))).toEqual(['2026-06-01 2026-06-06'])
  expect(spans('2026-01-01', listed('2027-02-05', '2027-03'))).toEqual([])
  expect(spans('2026-01-01', listed('2027-02-04', '2027-03'))).toEqual(['2027-02-04 2027-03-31'])
})

it('a listed season of a single day of every year is that day', () => {
  expect(spans('2026-06-01', listed('--06-06', '--06-06'))).toEqual(['2026-06-06 2026-06-06'])
})

it('of two listed seasons that share a day, the first opens', () => {
  expect(spans('2026-06-01', listed('--06', '--08'), listed('--08', '--09'))).toEqual([
    '2026-06-01 2026-08-31',
  ])
})

it('what closes at midnight closes on the next day', () => {
  const late = { weekday: 'friday', opens: '16:00', closes: '24:00' } as const
  const hours = [listed('--06', '--08', { weekly: [late, ...weekly] })]
  expect(seasonsAhead(hours, '2026-06-01')[0]?.weekly).toEqual([{ ...late, closes: '00:00' }, ...weekly])
})

it('listings are compared by what they say, in whatever order', () => {
  expect(saysTheSame({ a: [1, { b: null }], c: '' }, { c: '', a: [1, { b: null }] })).toBe(true)
  for (const other of [{ a: [1, { b: 0 }], c: '' }, { a: [1], c: '' }, { a: [1, { b: null }] }, null])
    for (const [one, two] of [
      [{ a: [1, { b: null }], c: '' }, other],
      [other, { a: [1, { b: null }], c: '' }],
    ])
      expect(saysTheSame(one, two)).toBe(false)
  expect([saysTheSame('a', ['a']), saysTheSame(['a'], 'a'), saysTheSame(null, null)]).toEqual([
    false,
    false,
    true,
  ])
})
