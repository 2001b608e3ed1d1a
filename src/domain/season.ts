import { MarketflowError } from './errors.ts'

/** In the order of ISO 8601. */
export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const
export type Weekday = (typeof WEEKDAYS)[number]

export const DAY_STATUSES = ['planned', 'cancelled'] as const
export type DayStatus = (typeof DAY_STATUSES)[number]

/** `days`: the longest season. */
export const SEASON_LIMITS = { name: 80, note: 300, seasons: 20, days: 400 } as const

/** Local times, `HH:MM`. What closes at or before the hour it opens at closes on the next day. */
interface Hours {
  readonly opens: string
  readonly closes: string
}

export interface Opening extends Hours {
  readonly weekday: Weekday
}

/** When a market opens, from one local date (`YYYY-MM-DD`) to another, both included. */
export interface Season {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly weekly: readonly Opening[]
}

/** A date on which a market opens, or would have. */
export interface MarketDay extends Hours {
  readonly date: string
  readonly status: DayStatus
  /** For visitors: why it is cancelled, what is special. May be empty. */
  readonly note: string
}

/**
 * Every date of the seasons, as planned, in order.
 * @throws MarketflowError `validation-failed`, naming the part of `seasons` that makes no sense
 */
export function plannedDays(seasons: readonly Season[]): MarketDay[] {
  const days = new Map<string, MarketDay>()
  for (const [n, season] of seasons.entries()) {
    assertSensible(season, n)
    for (const day of daysOf(season)) {
      if (days.has(day.date)) refuse(`${n}.weekly`, `expected no day of another season: ${day.date} is one`)
      days.set(day.date, day)
    }
  }
  return [...days.values()].sort((one, other) => (one.date < other.date ? -1 : 1))
}

function assertSensible({ from, to, weekly }: Season, n: number): void {
  const length = daysBetween(from, to)
  if (length < 0) refuse(`${n}.to`, `expected a date not before ${from}`)
  if (length >= SEASON_LIMITS.days)
    refuse(`${n}.to`, `expected at most ${SEASON_LIMITS.days} days from ${from} on`)
  weekly.forEach(({ weekday, opens, closes }, i) => {
    if (weekly.findIndex((other) => other.weekday === weekday) !== i)
      refuse(`${n}.weekly.${i}.weekday`, 'expected each weekday once')
    if (opens === closes) refuse(`${n}.weekly.${i}.closes`, 'expected another time than it opens at')
  })
}

function* daysOf({ from, to, weekly }: Season): Iterable<MarketDay> {
  const last = Temporal.PlainDate.from(to)
  let date = Temporal.PlainDate.from(from)
  for (; Temporal.PlainDate.compare(date, last) <= 0; date = date.add({ days: 1 })) {
    const opening = weekly.find(({ weekday }) => weekday === WEEKDAYS[date.dayOfWeek - 1])
    if (opening === undefined) continue
    const { opens, closes } = opening
    yield { date: date.toString(), opens, closes, status: 'planned', note: '' }
  }
}

function refuse(path: string, message: string): never {
  throw new MarketflowError('validation-failed', undefined, {
    errors: [{ path: `seasons.${path}`, message }],
  })
}

/** Whole days from one date to another; negative backwards. */
export function daysBetween(from: string, to: string): number {
  return Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to)).days
}

export function plusDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString()
}

/** The date that it is then (in ms) in a zone; in that of Greenwich where the zone is not known. */
export function dateAt(ms: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(ms)
    .toZonedDateTimeISO(zoneOr(timeZone))
    .toPlainDate()
    .toString()
}

/** When a day opens and closes, as instants. On the day when clocks go forward, an hour that there is not is the next one. */
export function instantsOf(
  { date, opens, closes }: Pick<MarketDay, 'date' | 'opens' | 'closes'>,
  timeZone: string,
) {
  const zone = zoneOr(timeZone)
  const at = (day: string, time: string) =>
    Temporal.PlainDateTime.from(`${day}T${time}`)
      .toZonedDateTime(zone)
      .toInstant()
      .toString({ smallestUnit: 'millisecond' })
  return { opensAt: at(date, opens), closesAt: at(closes > opens ? date : plusDays(date, 1), closes) }
}

function zoneOr(timeZone: string): string {
  return isZone(timeZone) ? timeZone : 'UTC'
}

const known = new Map<string, boolean>()

/** Whether clocks here know the zone. */
function isZone(name: string): boolean {
  let is = known.get(name)
  if (is === undefined) {
    try {
      is = new Temporal.ZonedDateTime(0n, name) !== undefined
    } catch {
      is = false
    }
    if (known.size < 2000) known.set(name, is)
  }
  return is
}
