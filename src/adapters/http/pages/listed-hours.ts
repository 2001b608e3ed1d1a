import type { Listing } from '../../../application/views/views.ts'

type Season = Listing['hours'][number]

/** `Wed, Sat 09:00–13:00; Sun 10:00–12:00, June to 7 October`: one season, or what the directory says instead. */
export function listedHours({ from, to, weekly, words }: Season): string {
  if (words !== null) return words
  const days = Map.groupBy(weekly, ({ opens, closes }) => `${opens}–${closes}`)
  const open = [...days].map(
    ([times, on]) => `${on.map(({ weekday }) => short(weekday)).join(', ')} ${times}`,
  )
  return [open.join('; '), span(from, to)].filter(Boolean).join(', ')
}

function span(from: string | null, to: string | null): string {
  if (from === '--01' && to === '--12') return 'all year'
  const days = [from, to].map((day) => (day === null ? '' : listedDay(day)))
  if (days[0] === days[1]) return days[0]!
  return [days[0] && `from ${days[0]}`, days[1] && `to ${days[1]}`].filter(Boolean).join(' ')
}

function short(weekday: string): string {
  return weekday.charAt(0).toUpperCase() + weekday.slice(1, 3)
}

/** `2020-06-10` is `10 June 2020`, `--06` `June`, `2009` itself. */
export function listedDay(day: string): string {
  const [, year, month, date] = /^(\d{4}|-)-(\d{2})(?:-(\d{2}))?$/.exec(day) ?? []
  if (year === undefined || month === undefined) return day
  const name = new Date(Date.UTC(2000, Number(month) - 1, 1)).toLocaleString('en', {
    month: 'long',
    timeZone: 'UTC',
  })
  return [date && Number(date), name, year !== '-' && year].filter(Boolean).join(' ')
}
