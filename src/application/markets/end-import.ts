import { now, type Writing } from '../use-case/use-case.ts'
import { edits } from './import-markets.ts'

export interface MissingMarkets {
  /** Unclaimed, listed, and not in the file. */
  readonly missing: number
  /** How many of them are closed now. Ask again until it is none: a transaction closes so many at most. */
  readonly closed: number
}

/** In a transaction. */
const MOST = 5000

/** After the last row of a file: what the directory lists here and the file has not is counted, and closed if that is wanted. */
export const EndImport =
  (needs: Writing) =>
  ({ source, run, close }: { source: string; run: string; close: boolean }): Promise<MissingMarkets> =>
    needs.writes.run(async (tx, record) => {
      const missing = await tx.markets.countMissing(source, run)
      const markets = close ? await tx.markets.findMissing(source, run, MOST) : []
      const recordEdit = await edits(
        tx,
        record,
        markets.map((market) => ({ market, name: market.name })),
      )
      for (const market of markets) recordEdit(market, () => market.edit({ status: 'closed' }, now(needs)))
      if (markets.length === 0) await tx.markets.forgetSeen(run)
      return { missing, closed: markets.length }
    })
