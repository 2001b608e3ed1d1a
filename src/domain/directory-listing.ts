import type { Product } from './products.ts'
import { daysBetween, type Opening, plannedDays, SEASON_LIMITS, type Season, type Weekday } from './season.ts'

/** From when to when on a day of the week, `HH:MM` by the market's clock. */
export interface OpenDay {
  readonly weekday: Weekday
  readonly opens: string
  /** Up to `24:00`. */
  readonly closes: string
}

/**
 * One season as a directory lists it. `from` and `to` are `YYYY-MM-DD` or `YYYY-MM`, and of every year `--MM-DD` or `--MM`; null
 * where nothing is said. What could not be understood is in `words` alone.
 */
export interface ListedHours {
  readonly from: string | null
  readonly to: string | null
  readonly weekly: readonly OpenDay[]
  readonly words: string | null
}

/** Whether two listings say the same. */
export function saysTheSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return one === other
  const [fields, others] = [one, other].map((each) => Object.entries(each))
  if (fields!.length !== others!.length) return false
  return fields!.every(([name, value]) => saysTheSame(value, (other as Record<string, unknown>)[name]))
}

/** What a public directory says of a market, beside its name and place. */
export interface DirectoryListing {
  /** By whom it is listed, as readers know it. */
  readonly listedBy: string
  /** When the directory last changed it: `YYYY-MM-DD`, or a part of that; null where it does not say. */
  readonly updatedOn: string | null
  readonly hours: readonly ListedHours[]
  readonly products: readonly Product[]
  /** What is taken for payment beside cash. */
  readonly payment: readonly string[]
}

/**
 * The listed seasons that are not over on this date, each in its year: those of every year in the one that is under way or
 * comes next. What is not told in numbers, or not from when to when, opens on no date; of two that share a day, the first does.
 */
export function seasonsAhead(hours: readonly ListedHours[], today: string): Season[] {
  const seasons: Season[] = []
  for (const each of hours) {
    const season = seasonOf(each, today)
    if (season !== undefined && makesSense([...seasons, season])) seasons.push(season)
  }
  return seasons
}

function seasonOf({ from, to, weekly }: ListedHours, today: string): Season | undefined {
  if (from === null || to === null || weekly.length === 0) return undefined
  const year = Number(today.slice(0, 4))
  const years = from.startsWith('--') ? [year - 1, year, year + 1] : [year]
  for (const each of years) {
    const first = firstDay(from.replace(/^-/, String(each)))
    const last = lastDay(to.replace(/^-/, String(each)))
    const ends = last < first && to.startsWith('--') ? lastDay(to.replace(/^-/, String(each + 1))) : last
    const isNear = ends >= today && daysBetween(today, first) < SEASON_LIMITS.days
    if (ends >= first && isNear) return { name: '', from: first, to: ends, weekly: weekly.map(opening) }
  }
  return undefined
}

function makesSense(seasons: readonly Season[]): boolean {
  try {
    return plannedDays(seasons).length > 0
  } catch {
    return false
  }
}

function opening({ weekday, opens, closes }: OpenDay): Opening {
  return { weekday, opens, closes: closes === '24:00' ? '00:00' : closes }
}

/** Of a month, where no day is told. */
function firstDay(date: string): string {
  const [year, month, day = '1'] = date.split('-')
  return dateOf(year!, month!, day)
}

function lastDay(date: string): string {
  const [year, month, day = '31'] = date.split('-')
  return dateOf(year!, month!, day)
}

/** The last day of the month, where it has fewer: 29 February is the 28th in most years. */
function dateOf(year: string, month: string, day: string): string {
  return Temporal.PlainDate.from({ year: Number(year), month: Number(month), day: Number(day) }).toString()
}
