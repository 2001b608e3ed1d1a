import { expect, it } from 'vitest'
import { listedDay, listedHours } from '../../../../src/adapters/http/pages/listed-hours.ts'

const at = (weekday: 'friday' | 'saturday', opens: string) => ({ weekday, opens, closes: '13:00' })

it.each([
  ['2020-06-10', '2020-10-07', 'Fri, Sat 09:00–13:00, from 10 June 2020 to 7 October 2020'],
  ['--06', '--08', 'Fri, Sat 09:00–13:00, from June to August'],
  ['--05-07', null, 'Fri, Sat 09:00–13:00, from 7 May'],
  ['2021-06-05', '2021-06-05', 'Fri, Sat 09:00–13:00, 5 June 2021'],
  ['--01', '--12', 'Fri, Sat 09:00–13:00, all year'],
  [null, null, 'Fri, Sat 09:00–13:00'],
])('a season listed from %s to %s is told with its year, if it has one', (from, to, told) => {
  const weekly = [at('friday', '09:00'), at('saturday', '09:00')]
  expect(listedHours({ from, to, weekly, words: null })).toBe(told)
})

it('days of other hours are told apart, and what was not understood is told in its words', () => {
  const weekly = [at('friday', '09:00'), at('saturday', '08:00')]
  expect(listedHours({ from: null, to: null, weekly, words: null })).toBe('Fri 09:00–13:00; Sat 08:00–13:00')
  expect(listedHours({ from: null, to: null, weekly: [], words: 'until sold out' })).toBe('until sold out')
})

it('a day of which only the year is known is that year', () => {
  expect([listedDay('2009'), listedDay('2009-05'), listedDay('2009-05-01')]).toEqual([
    '2009',
    'May 2009',
    '1 May 2009',
  ])
})
