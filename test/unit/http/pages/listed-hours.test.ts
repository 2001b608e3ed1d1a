import { expect, it } from 'vitest'
import { listedDay, listedHours } from '../../../../src/adapters/http/pages/listed-hours.ts'

const at = (weekday: 'friday' | 'saturday', opens: string) => ({ weekday, opens, closes: '13:00' })

it.each([
  ['2020-06-10', '2020-10-07', ', from June 10, 2020 to October 7, 2020'],
  ['--06', '--08', ', from June to August'],
  ['--05-07', null, ', from May 7'],
  ['--02-29', null, ', from February 29'],
  ['2021-06-05', '2021-06-05', ', June 5, 2021'],
  ['--01', '--12', ', all year'],
  [null, null, ''],
])('a season listed from %s to %s is told with its year, if it has one', (from, to, told) => {
  const weekly = [at('friday', '09:00'), at('saturday', '09:00')]
  expect(listedHours({ from, to, weekly, words: null }, 'US')).toBe(`Fri, Sat 9:00 AM – 1:00 PM${told}`)
})

it('days of other hours are told apart, and what was not understood is told in its words', () => {
  const weekly = [at('friday', '09:00'), at('saturday', '08:00')]
  const told = listedHours({ from: null, to: null, weekly, words: null }, 'US')
  expect(told).toBe('Fri 9:00 AM – 1:00 PM; Sat 8:00 AM – 1:00 PM')
  const words = 'until sold out'
  expect(listedHours({ from: null, to: null, weekly: [], words }, 'US')).toBe(words)
})

it('hours and days are told as the market’s country writes them', () => {
  const weekly = [at('friday', '09:00')]
  expect(listedHours({ from: '--05-07', to: null, weekly, words: null }, 'DE')).toBe(
    'Fri 09:00 – 13:00, from 7 May',
  )
})

it('a day of which only the year is known is that year', () => {
  expect(['2009', '2009-05', '2009-05-01'].map((day) => listedDay(day, 'US'))).toEqual([
    '2009',
    'May 2009',
    'May 1, 2009',
  ])
})
