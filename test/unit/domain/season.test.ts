import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MarketflowError } from '../../../src/domain/errors.ts'
import {
  dateAt,
  daysBetween,
  instantsOf,
  plannedDays,
  plusDays,
  type Season,
  WEEKDAYS,
} from '../../../src/domain/season.ts'

const season = (from: string, to: string, ...weekly: Season['weekly']): Season => ({
  name: '',
  from,
  to,
  weekly,
})
const on = (weekday: (typeof WEEKDAYS)[number], opens = '09:00', closes = '13:00') => ({
  weekday,
  opens,
  closes,
})

const refusedAt = (...seasons: Season[]) => {
  try {
    plannedDays(seasons)
  } catch (error) {
    if (error instanceof MarketflowError) return `${error.code} ${error.errors[0]?.path}`
  }
  return undefined
}

describe('a season', () => {
  it('has the days of the week that it names, from its first date to its last', () => {
    const summer = season('2026-05-02', '2026-05-16', on('saturday'), on('wednesday', '16:00', '19:00'))
    expect(plannedDays([summer]).map(({ date, opens }) => `${date} ${opens}`)).toEqual([
      '2026-05-02 09:00',
      '2026-05-06 16:00',
      '2026-05-09 09:00',
      '2026-05-13 16:00',
      '2026-05-16 09:00',
    ])
  })

  it('is planned until it is said otherwise, with nothing to say of its days', () => {
    expect(plannedDays([season('2026-05-02', '2026-05-02', on('saturday'))])).toEqual([
      { date: '2026-05-02', opens: '09:00', closes: '13:00', status: 'planned', note: '' },
    ])
  })

  it('is in order with others, whatever order they are told in', () => {
    const [may, june] = [
      season('2026-05-01', '2026-05-31', on('friday')),
      season('2026-06-01', '2026-06-30', on('monday')),
    ]
    expect(plannedDays([june, may])).toEqual(plannedDays([may, june]))
    expect(plannedDays([])).toEqual([])
  })

  it('that makes no sense is refused, and what of it', () => {
    expect(refusedAt(season('2026-05-02', '2026-05-01', on('friday')))).toBe('validation-failed seasons.0.to')
    expect(refusedAt(season('2026-01-01', '2027-02-05', on('friday')))).toBe('validation-failed seasons.0.to')
    expect(refusedAt(season('2026-01-01', '2027-02-04', on('friday')))).toBeUndefined()
    expect(refusedAt(season('2026-05-01', '2026-05-31', on('friday'), on('friday', '16:00')))).toBe(
      'validation-failed seasons.0.weekly.1.weekday',
    )
    expect(refusedAt(season('2026-05-01', '2026-05-31', on('friday', '09:00', '09:00')))).toBe(
      'validation-failed seasons.0.weekly.0.closes',
    )
    const fridays = season('2026-05-01', '2026-05-31', on('friday'))
    expect(refusedAt(fridays, season('2026-05-29', '2026-06-30', on('friday')))).toBe(
      'validation-failed seasons.1.weekly',
    )
    expect(refusedAt(fridays, season('2026-05-30', '2026-06-30', on('friday')))).toBeUndefined()
  })

  it('has each of its weekdays once a week', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 3000 }),
        fc.nat({ max: 399 }),
        fc.subarray([...WEEKDAYS], { minLength: 1 }),
        (start, length, days) => {
          const from = plusDays('2020-01-01', start)
          const to = plusDays(from, length)
          const planned = plannedDays([season(from, to, ...days.map((day) => on(day)))])
          for (const { date } of planned) {
            expect(date >= from && date <= to).toBe(true)
            expect(days).toContain(WEEKDAYS[(new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7])
          }
          expect(planned.length).toBe(
            Array.from({ length: length + 1 }, (_, i) =>
              new Date(`${plusDays(from, i)}T00:00Z`).getUTCDay(),
            ).filter((day) => days.includes(WEEKDAYS[(day + 6) % 7]!)).length,
          )
        },
      ),
    )
  })
})

describe('the market’s clock', () => {
  it.each([
    ['America/Chicago', '2026-05-01T04:59:59.999Z', '2026-04-30'],
    ['America/Chicago', '2026-05-01T05:00:00.000Z', '2026-05-01'],
    ['Asia/Kathmandu', '2026-05-01T18:14:59.999Z', '2026-05-01'],
    ['Asia/Kathmandu', '2026-05-01T18:15:00.000Z', '2026-05-02'],
    ['Pacific/Kiritimati', '2026-05-01T10:00:00.000Z', '2026-05-02'],
    ['Pacific/Pago_Pago', '2026-05-01T10:59:00.000Z', '2026-04-30'],
    ['', '2026-05-01T23:59:00.000Z', '2026-05-01'],
    ['Mars/Olympus', '2026-05-02T00:00:00.000Z', '2026-05-02'],
  ])('in %s says at %s that it is %s', (zone, at, date) => {
    expect(dateAt(Date.parse(at), zone)).toBe(date)
  })

  it.each([
    // Forward at two in the morning: half past two is half past three.
    [
      'America/Chicago',
      '2026-03-08',
      '02:30',
      '13:00',
      '2026-03-08T08:30:00.000Z',
      '2026-03-08T18:00:00.000Z',
    ],
    [
      'America/Chicago',
      '2026-03-07',
      '09:00',
      '13:00',
      '2026-03-07T15:00:00.000Z',
      '2026-03-07T19:00:00.000Z',
    ],
    // Back in the night: it closes an hour later than it seems.
    [
      'America/Chicago',
      '2026-10-31',
      '20:00',
      '03:00',
      '2026-11-01T01:00:00.000Z',
      '2026-11-01T09:00:00.000Z',
    ],
    ['Europe/Lisbon', '2026-10-25', '09:00', '00:00', '2026-10-25T09:00:00.000Z', '2026-10-26T00:00:00.000Z'],
    [
      'Australia/Lord_Howe',
      '2026-10-04',
      '08:00',
      '12:00',
      '2026-10-03T21:00:00.000Z',
      '2026-10-04T01:00:00.000Z',
    ],
    ['', '2026-05-01', '08:00', '12:00', '2026-05-01T08:00:00.000Z', '2026-05-01T12:00:00.000Z'],
  ])('in %s, on %s from %s to %s, is from %s to %s', (zone, date, opens, closes, opensAt, closesAt) => {
    expect(instantsOf({ date, opens, closes }, zone)).toEqual({ opensAt, closesAt })
  })

  it('counts days, not hours', () => {
    expect(daysBetween('2026-03-07', '2026-03-09')).toBe(2)
    expect(daysBetween('2026-03-09', '2026-03-07')).toBe(-2)
    expect(plusDays('2026-02-28', 1)).toBe('2026-03-01')
  })
})
