import type { Listing } from '../../../application/views/views.ts'
import { hoursName, localeOf } from './dates.ts'

type Season = Listing['hours'][number]

/**
 * `Wed, Sat 9:00 AM – 1:00 PM; Sun 10:00 AM – 12:00 PM, from June to October 7`, as the country writes it: one season, or
 * what the directory says instead.
 */
export function listedHours({ from, to, weekly, words }: Season, country: string): string {
  if (words !== null) return words
  const days = Map.groupBy(weekly, (hours) => hoursName(hours, country))
  const open = [...days].map(
    ([times, on]) => `${on.map(({ weekday }) => short(weekday)).join(', ')} ${times}`,
  )
  return [open.join('; '), span(from, to, country)].filter(Boolean).join(', ')
}

function span(from: string | null, to: string | null, country: string): string {
  if (from === '--01' && to === '--12') return 'all year'
  const days = [from, to].map((day) => (day === null ? '' : listedDay(day, country)))
  if (days[0] === days[1]) return days[0]!
  return [days[0] && `from ${days[0]}`, days[1] && `to ${days[1]}`].filter(Boolean).join(' ')
}

function short(weekday: string): string {
  return weekday.charAt(0).toUpperCase() + weekday.slice(1, 3)
}

/** `2020-06-10` is `June 10, 2020` or `10 June 2020`, as the country writes it; `--06` is `June`, `2009` itself. */
export function listedDay(text: string, country: string): string {
  const [, year, month, day] = /^(\d{4}|-)-(\d{2})(?:-(\d{2}))?$/.exec(text) ?? []
  if (year === undefined || month === undefined) return text
  // Of a day in no year, that may be the 29th of February.
  const date = new Date(Date.UTC(year === '-' ? 2000 : Number(year), Number(month) - 1, Number(day ?? 1)))
  return date.toLocaleDateString(localeOf(country), {
    month: 'long',
    ...(day !== undefined && { day: 'numeric' }),
    ...(year !== '-' && { year: 'numeric' }),
    timeZone: 'UTC',
  })
}
