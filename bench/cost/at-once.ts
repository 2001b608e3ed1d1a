import { CreateMarket } from '../../src/application/markets/create-market.ts'
import { serviceOf } from '../../src/infrastructure/modules/use-cases.ts'
import { median } from '../support/statistics.ts'
import type { Stage } from './stage.ts'
import type { Writers } from './writers.ts'

const KINDS = ['whole', 'logOnly', 'bare'] as const
/** How long a turn is, in ms: what slows the machine down for a while is in all three kinds. */
const TURN_MS = 250
/** For rows that no write waited for: they must not be left to the next turn. */
const CLEARING_MS = 50

/** Each client its own market, so that none waits for another's lock. */
export interface AtOnce {
  readonly clients: number
  /** Answered writes per second, turn by turn. */
  readonly rates: Readonly<Record<keyof Writers, readonly number[]>>
}

/** So many clients, each with a write under way at any time; the three kinds take turns. */
export async function writesAtOnce(
  stage: Stage,
  writers: Writers,
  levels: readonly number[],
  turns: number,
): Promise<AtOnce[]> {
  const markets = await marketsOf(stage, Math.max(...levels))
  const turn = async (kind: keyof Writers, clients: number, ms: number) => {
    const began = performance.now()
    let answered = 0
    const client = async (id: string) => {
      for (; performance.now() - began < ms; answered++) {
        await writers[kind](id, { name: `${kind} ${answered}` }, stage.organizer)
      }
    }
    await Promise.all(markets.slice(0, clients).map(client))
    return (answered * 1000) / (performance.now() - began)
  }
  const found: AtOnce[] = []
  for (const clients of levels) {
    const rates = { whole: [] as number[], logOnly: [] as number[], bare: [] as number[] }
    for (let i = 0; i < turns; i++) {
      for (const kind of i % 2 === 0 ? KINDS : KINDS.toReversed()) {
        rates[kind].push(await turn(kind, clients, TURN_MS))
        await turn('whole', 1, CLEARING_MS)
      }
    }
    found.push({ clients, rates })
  }
  return found
}

/** How many times as long a write took, as the median of the turns' ratios. */
export function against({ rates }: AtOnce, kind: keyof Writers): number {
  return median(rates.bare.map((bare, turn) => bare / rates[kind][turn]!))
}

async function marketsOf({ core, organizer }: Stage, count: number): Promise<string[]> {
  const create = await core.container.getAsync(serviceOf(CreateMarket))
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const market = { name: `Harbor Market on Pier ${i}`, city: 'Lisbon', stallCount: 30 }
    ids.push((await create(organizer.accountId, market)).id)
  }
  return ids
}
