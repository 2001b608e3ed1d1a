import OpeningHours from 'opening_hours'
import type { ListedHours, OpenDay } from '../../domain/directory-listing.ts'
import { WEEKDAYS } from '../../domain/season.ts'
import { inOrder, inWords, spanOf } from './hours.ts'

/** What a rule without months means. */
const ALL_YEAR = { from: '--01', to: '--12' } as const

/** Any country with any holidays: which days those are is not asked. */
const SOMEWHERE = { lat: 0, lon: 0, address: { country_code: 'de', state: 'Hamburg' } }

/** A rule that holds for a part of each year, as the library writes it: `Apr-Oct: Sa 07:00-13:00`. */
const MONTHS = '[A-Z][a-z]{2}(?: \\d{2})?'
const SEASONAL = new RegExp(`^(?:(${MONTHS})-)?(${MONTHS}):? (?=[A-Z\\d])(.+)$`)
/** A Monday of a week without a change of clocks. */
const SOME_MONDAY = new Date(2025, 0, 13)
const DAY_MS = 24 * 3600 * 1000

/**
 * OpenStreetMap's `opening_hours`, rule by rule: what is the same every week, and in which part of the year. One that says
 * more than that, as of holidays or of the first Saturday, stays in its own words; one that says nothing valid, likewise.
 */
export function openingHoursOf(value: string): ListedHours[] {
  const whole = parse(value)
  if (whole === undefined) return [inWords(value)]
  const written = whole.prettifyValue()
  const rules = written.split('; ').filter((rule) => !/^PH off$/.test(rule))
  const hours = rules.map(ruleOf)
  // Rules of one part of the year overrule each other; together they are what the library says they are.
  const [first] = hours
  if (hours.length > 1 && hours.every((each) => each?.from === ALL_YEAR.from && each.to === ALL_YEAR.to)) {
    const weekly = weekOf(rules.join('; '))
    return weekly === undefined ? [inWords(written)] : [{ ...ALL_YEAR, weekly, words: null }]
  }
  const understood = hours.filter((each) => each !== undefined)
  if (first === undefined || understood.length < hours.length) return [inWords(written)]
  return understood.length === 1 ||
    !understood.some(({ from, to }) => from === ALL_YEAR.from && to === ALL_YEAR.to)
    ? understood
    : [inWords(written)]
}

function ruleOf(rule: string): ListedHours | undefined {
  const [, first, last, rest] = SEASONAL.exec(rule) ?? []
  const span = last === undefined ? ALL_YEAR : spanOf(`${first ?? last} to ${last}`)
  const weekly = weekOf(rest ?? rule)
  return span === undefined || weekly === undefined ? undefined : { ...span, weekly, words: null }
}

/** Undefined for what is not the same in every week, or knows no times. */
function weekOf(value: string): OpenDay[] | undefined {
  const hours = parse(value)
  if (hours === undefined || /sun(rise|set)|dawn|dusk|"|unknown/i.test(value) || !hours.isWeekStable())
    return undefined
  const days = WEEKDAYS.map((weekday, i) => ({ weekday, from: new Date(SOME_MONDAY.getTime() + i * DAY_MS) }))
  const open = days.flatMap(({ weekday, from }) => {
    const until = new Date(from.getTime() + DAY_MS)
    return hours.getOpenIntervals(from, until).map(([opens, closes]) => ({
      weekday,
      opens: clock(opens, from),
      closes: clock(closes, from),
    }))
  })
  return open.length === 0 ? undefined : inOrder(open)
}

function clock(time: Date, day: Date): string {
  const minutes = Math.round((time.getTime() - day.getTime()) / 60_000)
  const two = (part: number) => String(part).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

function parse(value: string): InstanceType<typeof OpeningHours> | undefined {
  try {
    return new OpeningHours(value, SOMEWHERE, { locale: 'en' } as never)
  } catch {
    return undefined
  }
}
