import { MarketflowError } from '../../domain/errors.ts'
import { dateAt, daysBetween, instantsOf, plusDays } from '../../domain/season.ts'
import { joinKey } from '../consistency/cache-key.ts'
import type { Found } from '../consistency/view.ts'
import type { OpenOn } from '../ports/view-queries.ts'
import { type Tag, tags } from '../tables/tags.ts'

/** How far dates may be asked for, in days from today in Greenwich: the number of keys is bounded. */
const WINDOW = { before: 1, after: 370 } as const
/** The most dates of one list. */
const MOST_DATES = 7
/** Every zone's midnight is at one of these. */
const QUARTER_MS = 15 * 60_000

/** What an address says of when a market is to be open. */
export interface AskedDays {
  readonly on?: string
  readonly from?: string
  readonly to?: string
}

/**
 * The dates that a list was asked for.
 * @throws MarketflowError `validation-failed` for dates too far off, too many, or half a span
 */
export function datesAsked({ on, from = on, to = on }: AskedDays, now: number): OpenOn | undefined {
  if (from === undefined && to === undefined) return undefined
  if (from === undefined) return refuse('from', 'expected with to')
  if (to === undefined) return refuse('to', 'expected with from')
  if (on !== undefined && (from !== on || to !== on)) return refuse('on', 'expected without from and to')
  assertSpan(from, to, now, on === undefined ? ['from', 'to'] : ['on', 'on'])
  if (daysBetween(from, to) >= MOST_DATES)
    return refuse('to', `expected at most ${MOST_DATES} days from ${from} on`)
  return { from, to }
}

/** @throws MarketflowError `validation-failed` for a date too far off, or an end before the beginning */
export function assertSpan(
  from: string,
  to: string,
  now: number,
  [first, last]: readonly [string, string] = ['from', 'to'],
): void {
  const today = dateAt(now, 'UTC')
  const [earliest, latest] = [plusDays(today, -WINDOW.before), plusDays(today, WINDOW.after)]
  const path = from < earliest || from > latest ? first : to < earliest || to > latest ? last : undefined
  if (path !== undefined) refuse(path, `expected a date from ${earliest} to ${latest}`)
  if (to < from) refuse(last, `expected a date not before ${from}`)
}

/** Today or this weekend, by the clock of each market: until the next quarter of an hour it is the same for all. */
export function relativeTo(now: number, relative: 'today' | 'weekend'): OpenOn {
  return { relative, at: quarterOf(now) }
}

/** When that began. */
export function quarterOf(now: number): string {
  return new Date(now - (now % QUARTER_MS)).toISOString()
}

/** The end of a list's key. */
export function openKey(key: string, open: OpenOn | undefined): string {
  if (open === undefined) return key
  const part = 'at' in open ? joinKey('open', open.relative, open.at) : joinKey('open', open.from, open.to)
  return `${key}:${part}`
}

/** A tag per date that may be one of the list's: some zones are a day ahead of Greenwich, some are behind. */
export function openTags(open: OpenOn | undefined): Tag[] {
  if (open === undefined) return []
  if (!('at' in open)) return span(open.from, open.to).map(tags.dayListings)
  const today = dateAt(Date.parse(open.at), 'UTC')
  const dates =
    open.relative === 'today'
      ? span(plusDays(today, -1), plusDays(today, 1))
      : span(plusDays(today, -1), plusDays(today, 7)).filter(isWeekend)
  return dates.map(tags.dayListings)
}

function span(from: string, to: string): string[] {
  return Array.from({ length: daysBetween(from, to) + 1 }, (_, i) => plusDays(from, i))
}

function isWeekend(date: string): boolean {
  return Temporal.PlainDate.from(date).dayOfWeek >= 6
}

interface LocalDay {
  readonly date: string
  readonly opens: string
  readonly closes: string
}

/** The days with their instants, which are made of date, hour and zone alone. */
export function withInstants<Day extends LocalDay>(days: readonly Day[], timeZone: string) {
  return days.map((day) => {
    const { opensAt, closesAt } = instantsOf(day, timeZone)
    return { ...day, opens_at: opensAt, closes_at: closesAt }
  })
}

/** What was found, with another value. */
export function mapped<T, U>(found: Found<T>, map: (value: T) => U): Found<U> {
  return found && { ...found, value: map(found.value) }
}

/** @throws MarketflowError `validation-failed` for a parameter */
export function refuse(path: string, message: string): never {
  throw new MarketflowError('validation-failed', undefined, { errors: [{ path: `query.${path}`, message }] })
}
