import { CacheUnusable } from '../../../../src/application/consistency/ports/cache-port.ts'
import type { LoggedInvalidation } from '../../../../src/application/consistency/ports/invalidation-log.ts'
import type { SimPosition } from '../../interleaving/simulation/sim-log.ts'
import { OpenDrain } from './open-drain.ts'

type Rows = readonly LoggedInvalidation[]

/** Production's drain for a private cache beside others, open to be broken. As it stands it is right. */
export class OpenPrivateDrain extends OpenDrain {
  #applied: SimPosition | undefined
  #selected: SimPosition | undefined
  #sweeps: string | undefined

  protected override async select(): Promise<Rows> {
    const { rows, sweeps, position } = await this.context.log.kept(this.since(this.#applied))
    const swept = this.#sweeps !== undefined && this.#sweeps !== sweeps
    this.#sweeps = sweeps
    this.#selected = await this.position(position as SimPosition)
    if (swept) this.missed()
    return rows
  }

  /** From where the next rows are asked for. */
  protected since(applied: SimPosition | undefined): SimPosition | undefined {
    return applied
  }

  /** What the rows just selected are taken to reach up to. */
  protected async position(ofRows: SimPosition): Promise<SimPosition> {
    return ofRows
  }

  protected missed(): void {
    this.context.cache.reset()
    throw new CacheUnusable('no-lease')
  }

  protected override async mark(rows: Rows): Promise<void> {
    await super.mark(rows)
    this.#applied = this.#selected
  }
}

export class NoGapCheck extends OpenPrivateDrain {
  protected override missed(): void {}
}

/** Rows up to the greatest id seen are taken as done. */
export class IdWatermark extends OpenPrivateDrain {
  #mark = 0

  protected override since(): undefined {}

  protected override async select(): Promise<Rows> {
    return (await super.select()).filter(({ id }) => Number(id) > this.#mark)
  }

  protected override async mark(rows: Rows): Promise<void> {
    await super.mark(rows)
    this.#mark = Math.max(this.#mark, ...rows.map(({ id }) => Number(id)))
  }
}

/** A watermark again, of transactions: those that had a number and were still under way are taken as done. */
export class ForgetsWhatIsUnderWay extends OpenPrivateDrain {
  protected override since(applied: SimPosition | undefined): SimPosition | undefined {
    return applied && { ...applied, committed: { ...applied.committed, underWay: new Set() } }
  }
}

/** The snapshot is asked for in a statement of its own, after that for the rows. */
export class SnapshotAfterRows extends OpenPrivateDrain {
  protected override async position(): Promise<SimPosition> {
    return (await this.context.log.kept()).position as SimPosition
  }
}

/** A server that crashed gives numbers of transactions out again. */
export class SnapshotOutlivesConnection extends OpenPrivateDrain {
  protected override since(applied: SimPosition | undefined): SimPosition | undefined {
    return applied && { ...applied, connection: this.context.log.connection }
  }
}
