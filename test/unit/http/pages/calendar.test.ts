import { describe, expect, it } from 'vitest'
import { calendarText } from '../../../../src/adapters/http/pages/calendar.ts'
import { withInstants } from '../../../../src/application/markets/open-days.ts'
import type { MarketCalendar } from '../../../../src/application/views/views.ts'

const planned = { status: 'planned' as const, note: '', updated_at: '2026-01-05T10:00:00.000Z' }
const in_ = (time_zone: string): MarketCalendar => ({
  slug: 'dock-market',
  name: 'Dock; Market',
  city: 'Chicago',
  region: 'IL',
  country: 'US',
  street: '1 Main St',
  postcode: '60601',
  latitude: 41.5,
  longitude: -87.5,
  time_zone,
  website: '',
  days: withInstants(
    [
      // Clocks go forward at two in the morning.
      { ...planned, date: '2026-03-08', opens: '09:00', closes: '13:00' },
      { ...planned, date: '2026-10-31', opens: '20:00', closes: '03:00' },
      {
        ...planned,
        date: '2026-11-07',
        opens: '09:00',
        closes: '13:00',
        status: 'cancelled' as const,
        note: 'A flood',
      },
    ],
    time_zone,
  ),
})

const lines = (text: string) => text.replaceAll('\r\n ', '').split('\r\n')

describe('a market’s calendar', () => {
  const text = calendarText(in_('America/Chicago'), 'https://markets.example')

  it('has its days in local time, with the rules of its zone', () => {
    const found = lines(text)
    expect(found.slice(0, 2)).toEqual(['BEGIN:VCALENDAR', 'VERSION:2.0'])
    expect(found.filter((line) => /^(TZID|DTSTART;|DTEND)/.test(line))).toEqual([
      'TZID:America/Chicago',
      'DTSTART;TZID=America/Chicago:20260308T090000',
      'DTEND;TZID=America/Chicago:20260308T130000',
      'DTSTART;TZID=America/Chicago:20261031T200000',
      'DTEND;TZID=America/Chicago:20261101T030000',
      'DTSTART;TZID=America/Chicago:20261107T090000',
      'DTEND;TZID=America/Chicago:20261107T130000',
    ])
    expect(found.filter((line) => line === 'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU')).toHaveLength(1)
    expect(found.at(-2)).toBe('END:VCALENDAR')
  })

  it('names each day for good, says what is cancelled and why, and stamps it with when that was said', () => {
    const found = lines(text)
    expect(found.filter((line) => line.startsWith('UID:'))).toEqual([
      'UID:2026-03-08.dock-market@marketflow',
      'UID:2026-10-31.dock-market@marketflow',
      'UID:2026-11-07.dock-market@marketflow',
    ])
    expect(found.filter((line) => /^(STATUS|DESCRIPTION)/.test(line))).toEqual([
      'STATUS:CONFIRMED',
      'STATUS:CONFIRMED',
      'DESCRIPTION:A flood',
      'STATUS:CANCELLED',
    ])
    expect(new Set(found.filter((line) => line.startsWith('DTSTAMP')))).toEqual(
      new Set(['DTSTAMP:20260105T100000Z']),
    )
    expect(found).toContain('SUMMARY:Dock\\; Market')
    expect(found).toContain('URL;VALUE=URI:https://markets.example/m/dock-market')
    expect(found).toContain('GEO:41.5;-87.5')
  })

  it('is told in UTC where the zone is none', () => {
    const found = lines(calendarText(in_(''), ''))
    expect(found).toContain('DTSTART:20260308T090000Z')
    expect(found.join()).not.toMatch(/VTIMEZONE|URL/)
    expect(lines(calendarText(in_('Mars/Olympus'), ''))).toContain('DTSTART:20260308T090000Z')
  })
})
