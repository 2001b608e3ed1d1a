import { describe, expect, it } from 'vitest'
import { ListDays } from '../../../src/application/markets/market-reads.ts'
import { datesAsked, openTags, relativeTo } from '../../../src/application/markets/open-days.ts'
import { MarketflowError } from '../../../src/domain/errors.ts'

const NOON = Date.parse('2026-05-01T12:00:00.000Z')

const refusalOf = (ask: () => unknown) => {
  try {
    ask()
  } catch (error) {
    if (error instanceof MarketflowError) return error.errors[0]?.path
  }
  return undefined
}

describe('dates that a list is asked for', () => {
  it('are one, or up to seven in a row', () => {
    expect(datesAsked({}, NOON)).toBeUndefined()
    expect(datesAsked({ on: '2026-05-02' }, NOON)).toEqual({ from: '2026-05-02', to: '2026-05-02' })
    expect(datesAsked({ from: '2026-05-02', to: '2026-05-08' }, NOON)).toEqual({
      from: '2026-05-02',
      to: '2026-05-08',
    })
  })

  it.each([
    [{ on: '2026-04-30' }, undefined],
    [{ on: '2026-04-29' }, 'query.on'],
    [{ on: '2027-05-06' }, undefined],
    [{ on: '2027-05-07' }, 'query.on'],
    [{ from: '2026-05-02' }, 'query.to'],
    [{ to: '2026-05-02' }, 'query.from'],
    [{ from: '2026-05-02', to: '2026-05-09' }, 'query.to'],
    [{ from: '2026-05-02', to: '2026-05-01' }, 'query.to'],
    [{ from: '2027-05-06', to: '2027-05-07' }, 'query.to'],
    [{ on: '2026-05-02', to: '2026-05-03' }, 'query.on'],
  ])('%j are refused for %s', (asked, path) => {
    expect(refusalOf(() => datesAsked(asked, NOON))).toBe(path)
  })
})

describe('today and the weekend', () => {
  it('are the same until the next quarter of an hour, at which some zone may have its midnight', () => {
    const quarter = relativeTo(NOON, 'today')
    expect(relativeTo(NOON + 15 * 60_000 - 1, 'today')).toEqual(quarter)
    expect(relativeTo(NOON + 15 * 60_000, 'today')).not.toEqual(quarter)
  })

  it('depend on each date that it is somewhere, and on no other', () => {
    const dates = (relative: 'today' | 'weekend') =>
      openTags(relativeTo(NOON, relative)).map((tag) => tag.slice(-10))
    expect(dates('today')).toEqual(['2026-04-30', '2026-05-01', '2026-05-02'])
    expect(dates('weekend')).toEqual(['2026-05-02', '2026-05-03'])
  })
})

describe('the days of a market', () => {
  const id = '0190a0b0-0000-7000-8000-000000000001'

  it('begin today where it stands, and go on for ninety days', () => {
    const evening = Date.parse('2026-05-02T03:00:00.000Z')
    expect(ListDays.at({ id }, evening, 'America/Chicago')).toEqual({
      id,
      from: '2026-05-01',
      to: '2026-07-30',
    })
    expect(ListDays.at({ id }, evening, 'Asia/Tokyo')).toMatchObject({ from: '2026-05-02' })
  })

  it('are not asked for too far off', () => {
    expect(refusalOf(() => ListDays.at({ id, from: '2026-04-29' }, NOON, ''))).toBe('query.from')
    expect(refusalOf(() => ListDays.at({ id, to: '2028-01-01' }, NOON, ''))).toBe('query.to')
  })
})
