import ical, { ICalEventStatus } from 'ical-generator'
import { tzlib_get_ical_block } from 'timezones-ical-library'
import type { MarketCalendar } from '../../../application/views/views.ts'
import { marketPath, placeName, postalLines } from './markup.ts'

/**
 * A market's days as iCalendar has them (RFC 5545). It is made of the view alone, with the stamps of its rows and not of
 * the clock: a client that polls is told that nothing has changed. Hours are the market's own, with its zone's rules.
 */
export function calendarText(market: MarketCalendar, origin: string): string {
  const { slug, name, time_zone, latitude, longitude, days } = market
  const zone = rulesOf(time_zone)
  const calendar = ical({
    name: `${name}, ${placeName({ city: market.city, region: market.region })}`,
    prodId: { company: 'Marketflow', product: 'Markets', language: 'EN' },
    // Events name their zone themselves: stamps stay in UTC.
    timezone: { name: null, generator: () => zone ?? null },
  })
  const address = postalLines(market).join(', ')
  for (const { date, opens_at, closes_at, status, note, updated_at } of days) {
    const at = (instant: string) => {
      const moment = Temporal.Instant.from(instant)
      return zone === undefined ? moment : moment.toZonedDateTimeISO(time_zone)
    }
    const stamp = Temporal.Instant.from(updated_at)
    calendar.createEvent({
      id: `${date}.${slug}@marketflow`,
      start: at(opens_at),
      end: at(closes_at),
      ...(zone !== undefined && { timezone: time_zone }),
      stamp,
      lastModified: stamp,
      summary: name,
      description: note === '' ? null : note,
      location: {
        title: name,
        address,
        ...(latitude !== null && longitude !== null && { geo: { lat: latitude, lon: longitude } }),
      },
      url: origin === '' ? null : origin + marketPath(slug),
      status: status === 'cancelled' ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
    })
  }
  return `${calendar.toString()}\r\n`
}

/** The zone as VTIMEZONE; undefined for what is none, or too new. */
function rulesOf(timeZone: string): string | undefined {
  if (timeZone === '') return undefined
  const found = tzlib_get_ical_block(timeZone)
  return Array.isArray(found) ? found[0] : undefined
}
