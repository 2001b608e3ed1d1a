import { setTimeout as sleep } from 'node:timers/promises'
import { Snapshots, type ViewQueries } from '../../src/application/ports/view-queries.ts'
import type { Override } from '../../src/infrastructure/core.ts'
import { Seeded } from '../../test/chaos/random/seeded.ts'

const MEDIAN_MS = 4
/** Of the logarithm: one load in a hundred takes six times as long, or longer. */
const SPREAD = 0.8

export const LOAD_TIME = `the query itself, and then log-normally distributed ${MEDIAN_MS} ms more (median; 99th percentile ${Math.round(MEDIAN_MS * Math.exp(2.33 * SPREAD))} ms) in the same snapshot and on the same connection`

/** The loads of everybody, counted where they reach the database. */
export class Loads {
  all = 0
  whileWrong = 0
  /** Something is the matter with Redis now. */
  wrong = false

  count(): void {
    this.all += 1
    if (this.wrong) this.whileWrong += 1
  }
}

/** Real loads, that take as long as on a database which has more to do than this one. */
class SlowSnapshots extends Snapshots {
  readonly #snapshots: Snapshots
  readonly #loads: Loads
  readonly #random: Seeded

  constructor(snapshots: Snapshots, loads: Loads, seed: number) {
    super()
    this.#snapshots = snapshots
    this.#loads = loads
    this.#random = new Seeded(seed)
  }

  read<T>(queries: (views: ViewQueries) => Promise<T>): Promise<T> {
    this.#loads.count()
    return this.#snapshots.read(async (views) => {
      const found = await queries(views)
      await sleep(MEDIAN_MS * Math.exp(SPREAD * this.#normal()))
      return found
    })
  }

  /** Box and Muller. */
  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random.next())) * Math.cos(2 * Math.PI * this.#random.next())
  }
}

export function slowly(loads: Loads, seed: number): Override {
  return async (container) => {
    const snapshots = await container.getAsync(Snapshots)
    await container.unbind(Snapshots)
    container.bind(Snapshots).toConstantValue(new SlowSnapshots(snapshots, loads, seed))
  }
}
