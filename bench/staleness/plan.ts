import { Seeded } from '../../test/chaos/random/seeded.ts'

/** Markets in the world: few, so that reads and writes meet. The first is the most wanted, as 1/rank. */
export const MARKETS = 24

const WRITES = 0.01
const LISTINGS = 0.1
/** Between a session's operations, on average, in ms. */
const THINK_MS = 20

/** What a session wants to know: a market by its number, or the list of all of them. */
export type Question = { readonly of: 'market'; readonly market: number } | { readonly of: 'listing' }

export type Step = { readonly thinkMs: number; readonly via: number } & (
  | { readonly do: 'read'; readonly question: Question }
  | { readonly do: 'write'; readonly market: number }
)

/** What one session does, one thing after the other: the same for every contestant. */
export class Plan {
  readonly #random: Seeded

  constructor(seed: number, session: number) {
    this.#random = new Seeded(seed * 1_000_003 + session)
  }

  /** `via`: any whole number; modulo the instances it is the one that is asked. */
  next(): Step {
    const thinkMs = -THINK_MS * Math.log(1 - this.#random.next())
    const via = Math.floor(this.#random.next() * 2 ** 20)
    const kind = this.#random.next()
    const market = wanted(this.#random.next())
    if (kind < WRITES) return { thinkMs, via, do: 'write', market }
    const question: Question = kind < WRITES + LISTINGS ? { of: 'listing' } : { of: 'market', market }
    return { thinkMs, via, do: 'read', question }
  }
}

const WEIGHT = sum(MARKETS)

function wanted(fraction: number): number {
  let left = fraction * WEIGHT
  for (let market = 0; market < MARKETS; market++) {
    left -= 1 / (market + 1)
    if (left < 0) return market
  }
  return MARKETS - 1
}

function sum(markets: number): number {
  return Array.from({ length: markets }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b, 0)
}

export function describePlan(): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`
  return `${percent(WRITES)} of what a session does are writes, ${percent(LISTINGS)} reads of the list of all ${MARKETS} markets, the rest reads of one market, chosen by 1/rank; between two of them it thinks for ${THINK_MS} ms on average`
}
