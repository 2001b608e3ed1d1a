import { MarketflowError } from '../../domain/errors.ts'
import type { Market } from '../../domain/market.ts'
import type { DayStatus, MarketDay, Season } from '../../domain/season.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { Transaction } from '../ports/transactions.ts'
import type { RecordEvent } from '../tables/reads-and-writes.ts'
import { assertSeen, type Seen } from '../use-case/precondition.ts'
import { now, type Writing } from '../use-case/use-case.ts'
import type { MarketDayView, MarketDetail } from '../views/views.ts'
import { GetMarket } from './market-reads.ts'
import { withInstants } from './open-days.ts'
import { assertOrganizes, listingOf, vendorsAt } from './update-market.ts'

/**
 * An organizer says when a market opens. What was said of a single date stays, where it is still one of its days.
 * @throws MarketflowError `market-not-found`, `forbidden`, `precondition-failed`, or what `Market.schedule` says.
 */
export const ScheduleMarket =
  (needs: Writing) =>
  (id: string, seasons: readonly Season[], viewer: Viewer, seen?: Seen): Promise<MarketDetail> =>
    needs.writes.run(async (tx, record) => {
      const market = await organized(tx, id, viewer)
      await assertSeen(seen, GetMarket.view, tx.views, { id: market.id })
      await reschedule(tx, record, market, seasons, now(needs))
      return (await tx.views.marketDetail(market.id))!.value
    })

/** A market that is locked, or that was added in this transaction. */
export async function reschedule(
  tx: Transaction,
  record: RecordEvent,
  market: Market,
  seasons: readonly Season[],
  at: Date,
): Promise<void> {
  const planned = market.schedule(seasons, at)
  const before = new Map((await tx.days.of(market.id)).map((day) => [day.date, day]))
  const changed = planned.flatMap((day) => {
    const { status, note, ...hours } = before.get(day.date) ?? day
    const same = before.has(day.date) && hours.opens === day.opens && hours.closes === day.closes
    return same ? [] : [{ ...day, status, note }]
  })
  const kept = new Set(planned.map(({ date }) => date))
  const gone = [...before.keys()].filter((date) => !kept.has(date))
  await tx.days.remove(market.id, gone)
  await tx.days.put(market.id, changed, at)
  record({
    type: 'market-scheduled',
    marketId: market.id,
    slug: market.slug,
    organizerId: market.organizerId,
    listing: listingOf(market),
    dates: [...gone, ...changed.map(({ date }) => date)],
    vendorIds: await vendorsAt(tx, market),
  })
}

/** What an organizer may change of one date. */
export interface DayChanges {
  readonly opens?: string
  readonly closes?: string
  readonly status?: DayStatus
  readonly note?: string
}

/**
 * An organizer changes one of a market's days: a holiday, a storm.
 * @throws MarketflowError `market-not-found`, `forbidden`, `day-not-found`, or `validation-failed` for hours that are none.
 */
export const ChangeDay =
  (needs: Writing) =>
  (id: string, date: string, changes: DayChanges, viewer: Viewer): Promise<MarketDayView> =>
    needs.writes.run(async (tx, record) => {
      const market = await organized(tx, id, viewer)
      const before = await tx.days.find(market.id, date)
      if (before === undefined) throw new MarketflowError('day-not-found')
      const day: MarketDay = { ...before, ...changes }
      if (day.opens === day.closes) {
        const message = 'expected another time than it opens at'
        throw new MarketflowError('validation-failed', undefined, { errors: [{ path: 'closes', message }] })
      }
      await tx.days.put(market.id, [day], now(needs))
      record({
        type: 'market-day-changed',
        marketId: market.id,
        slug: market.slug,
        listing: listingOf(market),
        date,
        vendorIds: await vendorsAt(tx, market),
      })
      return withInstants([day], market.timeZone)[0]!
    })

async function organized(tx: Transaction, id: string, viewer: Viewer) {
  const market = await tx.markets.findForUpdate(id)
  if (market === undefined) throw new MarketflowError('market-not-found')
  assertOrganizes(viewer, market)
  return market
}
