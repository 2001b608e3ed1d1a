import type { ListedHours, OpenDay } from '../../domain/directory-listing.ts'
import { WEEKDAYS, type Weekday } from '../../domain/season.ts'
import { tidy } from './tidy.ts'

/** What a directory's columns say of one season, in its own words. */
export interface SeasonWords {
  readonly dates: string
  readonly days: string
  readonly times: string
}

/** One season in numbers where its words can be understood as a whole, and else in its words; undefined for no words. */
export function hoursOf(season: SeasonWords): ListedHours | undefined {
  const [dates, days, times] = [season.dates, season.days, season.times].map(tidy) as [string, string, string]
  const open = `${days} ${times}`.trim()
  if (open === '') return undefined
  const weekly = weeklyOf(open)
  const span = spanOf(dates)
  if (weekly !== undefined && span !== undefined) return { ...span, weekly, words: null }
  return inWords([open.replace(/[;\s]+$/, ''), dates].filter(Boolean).join('; '))
}

export function inWords(words: string): ListedHours {
  return { from: null, to: null, weekly: [], words: Array.from(words).slice(0, LONGEST_WORDS).join('') }
}

/** In characters. */
const LONGEST_WORDS = 500

const DAY =
  /(?<day>mo?(?:n(?:days?)?)?|tu(?:e(?:s(?:days?)?)?)?|we?(?:ds?|dnesdays?)?|th(?:u(?:r(?:s(?:days?)?)?)?)?|fr?(?:i(?:days?)?)?|sat?(?:urdays?)?|sun?(?:days?)?)\b\.?/y
const EVERY_DAY = /(?:daily|every ?day|7 days a week|seven days a week)\b/y
const TIME = String.raw`(\d{1,2})(?:[:.](\d{2}))?(?::\d{2})? ?(a\.?m?\.?|p\.?m?\.?)?`
const TIMES = new RegExp(
  String.raw`(?:from )?(?:${TIME}|(noon)|(midnight)) ?(?:-|to|until|till) ?(?:${TIME}|(noon)|(midnight))(?![\w:])`,
  'y',
)
const TO = / ?(?:-|to|thru|through) ?/y
const BETWEEN = /(?:[ ,;:/&()]|and\b|\+)+/y
const CLOSED = /(?:closed - closed|closed)\b/y

/**
 * `Wed: 9:00 AM-1:00 PM;`, `Mon, Tu, Th, Fri  11am-6pm, Sat/Sun  10am-2pm`, `Daily 9:30am-5pm`, `Sa 08:00-13:00`. Undefined
 * where any of it is something else: «3rd Saturday» is not every Saturday.
 */
function weeklyOf(text: string): OpenDay[] | undefined {
  const words = text.toLowerCase().replace(/[–—]/g, '-')
  const open: OpenDay[] = []
  let days: Weekday[] = []
  let timed = false
  let at = 0
  const next = (pattern: RegExp) => {
    pattern.lastIndex = at
    const found = pattern.exec(words)
    if (found !== null) at = pattern.lastIndex
    return found
  }
  while (at < words.length) {
    if (next(BETWEEN)) continue
    const every = next(EVERY_DAY)
    const day = every ? undefined : next(DAY)?.groups?.day
    if (every || day) {
      if (timed) days = []
      timed = false
      if (day === undefined) days.push(...WEEKDAYS)
      else {
        const start = at
        const first = weekday(day)
        const last = next(TO) && next(DAY)?.groups?.day
        if (last) days.push(...daysFrom(first, weekday(last)))
        else {
          at = start
          days.push(first)
        }
      }
      continue
    }
    if (days.length > 0 && next(CLOSED)) {
      timed = true
      continue
    }
    const times = next(TIMES)
    const span = times === null ? undefined : timesOf(times)
    if (span === undefined || days.length === 0) return undefined
    timed = true
    for (const each of days) open.push({ weekday: each, ...span })
  }
  return timed && open.length > 0 ? inOrder(open) : undefined
}

/** By weekday, then time, each once. */
export function inOrder(open: readonly OpenDay[]): OpenDay[] {
  const place = ({ weekday, opens, closes }: OpenDay) => `${WEEKDAYS.indexOf(weekday)} ${opens} ${closes}`
  return [...new Map(open.map((each) => [place(each), each])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, each]) => each)
}

function weekday(name: string): Weekday {
  return WEEKDAYS.find((day) => day.startsWith(name.slice(0, 2)))! // `m`, `w` and `f` begin one day only
}

function daysFrom(first: Weekday, last: Weekday): Weekday[] {
  const [from, to] = [WEEKDAYS.indexOf(first), WEEKDAYS.indexOf(last)]
  return WEEKDAYS.map((_, i) => WEEKDAYS[(from + i) % 7]!).slice(0, ((to - from + 7) % 7) + 1)
}

function timesOf(found: RegExpExecArray): Pick<OpenDay, 'opens' | 'closes'> | undefined {
  const [, h1, m1, half1, noon1, midnight1, h2, m2, half2, noon2, midnight2] = found
  const end = minutes(h2, m2, half2, noon2, midnight2)
  if (end === undefined) return undefined
  const first = half1 ?? (noon1 || midnight1 ? undefined : half2)
  // «4-6pm» is in the afternoon, «10-2pm» is not.
  const candidates = half1 === undefined && half2 !== undefined ? [first, 'am'] : [first]
  // Of two times without either half of the day, only what is no time on a clock with twelve hours is sure.
  if (!half1 && !half2 && !noon1 && !noon2 && !midnight2 && !(Number(h2) > 12 || /^0/.test(h1 ?? '')))
    return undefined
  for (const half of candidates) {
    const start = minutes(h1, m1, half, noon1, midnight1)
    const closes = end === 0 ? 24 * 60 : end
    if (start !== undefined && start < closes) return { opens: clock(start), closes: clock(closes) }
  }
  return undefined
}

/** Since midnight. */
function minutes(
  hour: string | undefined,
  minute = '0',
  half: string | undefined,
  noon: string | undefined,
  midnight: string | undefined,
): number | undefined {
  if (noon !== undefined) return 12 * 60
  if (midnight !== undefined || hour === undefined) return midnight === undefined ? undefined : 0
  const [h, m] = [Number(hour), Number(minute)]
  if (m > 59 || h > (half ? 12 : 24) || (half && h === 0)) return undefined
  const hours = half ? (h % 12) + (half.startsWith('p') ? 12 : 0) : h
  return hours * 60 + m
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const NUMERIC = /^(\d{1,2})\/(\d{1,2})(?:\/(\d{4}|\d{2}))?$/
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:t.*)?$/
const NAMED =
  /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:[a-z]*)\.?(?: ?(\d{1,2})(?:st|nd|rd|th)?(?!\d))?(?:,? (\d{4}))?$/

interface Day {
  year: number | undefined
  readonly month: number
  readonly day: number | undefined
}

/**
 * `06/10/2020 to 10/07/2020`, `June to August`, `May 21-October 1`, `Year-round`, or nothing. Days are `YYYY-MM-DD`; those of
 * every year `--MM-DD`, and whole months `YYYY-MM` and `--MM`, as ISO 8601 shortens them. Undefined for other words.
 */
export function spanOf(dates: string): Pick<ListedHours, 'from' | 'to'> | undefined {
  const words = tidy(dates).toLowerCase().replace(/[–—]/g, '-')
  if (words === '') return { from: null, to: null }
  if (/^(open )?(all )?year[ -]?(round|long)?$/.test(words)) return { from: '--01', to: '--12' }
  const [first = '', last = '', ...others] = ISO.test(words)
    ? [words]
    : words.split(/ ?\bto\b ?| ?-(?!\d\d-) ?/)
  const [from, to] = [dayOf(first), dayOf(last)]
  if (others.length > 0 || from === undefined || (last !== '' && to === undefined)) return undefined
  if (to === undefined) return { from: written(from), to: null }
  const [ahead, behind] = [from, to].map(({ month, day = 1 }) => month * 32 + day) as [number, number]
  if (from.year === undefined && to.year !== undefined) from.year = ahead > behind ? to.year - 1 : to.year
  if (to.year === undefined && from.year !== undefined) to.year = ahead > behind ? from.year + 1 : from.year
  return { from: written(from), to: written(to) }
}

function dayOf(text: string): Day | undefined {
  const words = text.trim()
  const iso = ISO.exec(words)
  if (iso) return real(iso[1], Number(iso[2]), iso[3])
  const numeric = NUMERIC.exec(words)
  if (numeric) return real(numeric[3], Number(numeric[1]), numeric[2])
  const named = NAMED.exec(words)
  return named ? real(named[3], MONTHS.indexOf(named[1]!) + 1, named[2]) : undefined
}

function real(year: string | undefined, month: number, day: string | undefined): Day | undefined {
  const days = new Date(Date.UTC(year === undefined ? 2000 : fullYear(year), month, 0)).getUTCDate()
  if (month < 1 || month > 12 || (day !== undefined && (Number(day) < 1 || Number(day) > days)))
    return undefined
  return {
    year: year === undefined ? undefined : fullYear(year),
    month,
    day: day === undefined ? undefined : Number(day),
  }
}

function fullYear(year: string): number {
  return year.length === 2 ? 2000 + Number(year) : Number(year)
}

function written({ year, month, day }: Day): string {
  const two = (part: number) => String(part).padStart(2, '0')
  return `${year === undefined ? '--' : `${year}-`}${two(month)}${day === undefined ? '' : `-${two(day)}`}`
}

/** The day of a time of change, however a directory writes it: `8/3/2020 3:23:12 PM`, `May 20 2010 6:29PM`, `2009`. */
export function dateOf(text: string): string | null {
  const words = tidy(text).toLowerCase()
  const [date = ''] = /^([a-z]+\.? \d{1,2},? \d{4}|[^\s t]+)/.exec(words) ?? []
  const day = dayOf(date.replace(/^([a-z]+\.? \d{1,2}) (\d{4})$/, '$1, $2'))
  if (day?.year !== undefined) return written(day)
  return /^(19|20)\d{2}$/.test(words) ? words : null
}
