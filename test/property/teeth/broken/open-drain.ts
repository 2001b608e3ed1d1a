import { Drain, type DrainOutcome } from '../../../../src/application/consistency/drain.ts'
import type { CacheSession } from '../../../../src/application/consistency/ports/cache-port.ts'
import { CacheUnusable } from '../../../../src/application/consistency/ports/cache-port.ts'
import type { LoggedInvalidation } from '../../../../src/application/consistency/ports/invalidation-log.ts'
import type { DrainContext } from '../../interleaving/simulation/instance.ts'

type Rows = readonly LoggedInvalidation[]

/** Production's drain for a shared cache, with its steps open to be broken one at a time. As it stands it is right. */
export class OpenDrain extends Drain {
  protected readonly context: DrainContext

  constructor(context: DrainContext) {
    super(context.cache, context.log, context.trusted, context.lease, context.alone)
    this.context = context
  }

  override async run(): Promise<DrainOutcome> {
    const { cache, lease } = this.context
    const since = lease.now()
    const session = cache.session()
    let selected: ReadonlySet<string> | undefined
    try {
      const rows = await this.select(session)
      selected = new Set(rows.map(({ id }) => id))
      const target = this.target(session)
      if (target === undefined) throw new CacheUnusable('unreachable')
      await this.apply(target, rows)
      lease.renew(since)
      return { invalidated: true, selected }
    } catch (error) {
      this.failed()
      return selected === undefined ? { invalidated: false, error } : { invalidated: false, selected, error }
    }
  }

  protected async select(session: CacheSession | undefined): Promise<Rows> {
    const { log, trusted } = this.context
    if (session !== undefined && !trusted.has(session)) return (await log.kept()).rows
    return log.pending()
  }

  /** The session to invalidate on. */
  protected target(session: CacheSession | undefined): CacheSession | undefined {
    return session
  }

  protected async apply(session: CacheSession, rows: Rows): Promise<void> {
    await this.invalidate(session, rows)
    this.context.trusted.trust(session)
    await this.mark(rows)
  }

  protected invalidate(session: CacheSession, rows: Rows): Promise<void> {
    return session.invalidate([...new Set(rows.flatMap(({ tags }) => tags))])
  }

  protected async mark(rows: Rows): Promise<void> {
    if (rows.length > 0) await this.context.log.markApplied(rows.map(({ id }) => id))
  }

  protected failed(): void {}
}

/** Commits, marks, and leaves the cache as it is. */
export class NoInvalidation extends OpenDrain {
  protected override invalidate(session: CacheSession): Promise<void> {
    return session.invalidate([])
  }
}

export class MarksFirst extends OpenDrain {
  protected override async apply(session: CacheSession, rows: Rows): Promise<void> {
    await this.mark(rows)
    await this.invalidate(session, rows)
    this.context.trusted.trust(session)
  }
}

export class TimeoutIsDone extends OpenDrain {
  protected override async invalidate(session: CacheSession, rows: Rows): Promise<void> {
    try {
      await super.invalidate(session, rows)
    } catch (error) {
      if (!(error instanceof CacheUnusable && error.reason === 'timeout')) throw error
    }
  }
}

/** Rows up to the greatest id seen are taken as done: but a lower id may commit later. */
export class Watermark extends OpenDrain {
  #mark = 0

  protected override async select(session: CacheSession | undefined): Promise<Rows> {
    const rows = await super.select(session)
    const replay = session !== undefined && !this.context.trusted.has(session)
    return replay ? rows : rows.filter(({ id }) => Number(id) > this.#mark)
  }

  protected override async mark(rows: Rows): Promise<void> {
    await super.mark(rows)
    this.#mark = Math.max(this.#mark, ...rows.map(({ id }) => Number(id)))
  }
}

export class RenewsWithoutDraining extends OpenDrain {
  protected override failed(): void {
    this.context.lease.renew(this.context.lease.now())
  }
}

export class ReplaysPendingOnly extends OpenDrain {
  protected override select(): Promise<Rows> {
    return this.context.log.pending()
  }
}

export class ReplaysAppliedOnly extends OpenDrain {
  protected override async select(session: CacheSession | undefined): Promise<Rows> {
    const { log, trusted } = this.context
    if (session === undefined || trusted.has(session)) return log.pending()
    const pending = new Set((await log.pending()).map(({ id }) => id))
    return (await log.kept()).rows.filter(({ id }) => !pending.has(id))
  }
}

/** Whatever connection there is once the rows are known gets them, and if it drops, so does the next one. */
export class SelectsBeforeConnecting extends OpenDrain {
  protected override target(): CacheSession | undefined {
    return this.context.cache.session()
  }

  protected override async apply(session: CacheSession, rows: Rows): Promise<void> {
    try {
      await super.apply(session, rows)
    } catch (error) {
      await this.context.clock.sleep(100)
      const next = this.context.cache.session()
      if (next === undefined || next === session) throw error
      await super.apply(next, rows)
    }
  }
}

export class TrustsBeforeReplay extends OpenDrain {
  protected override select(session: CacheSession | undefined): Promise<Rows> {
    const rows = super.select(session)
    if (session !== undefined) this.context.trusted.trust(session)
    return rows
  }
}

/** Rows that another instance is just draining are spared: `FOR UPDATE SKIP LOCKED`. */
export class SkipsLocked extends OpenDrain {
  protected override async select(session: CacheSession | undefined): Promise<Rows> {
    const rows = await super.select(session)
    const free = rows.filter((row) => !this.#isLockedByAnother(row))
    for (const row of free) LOCKS.set(row, this)
    return free
  }

  protected override async mark(rows: Rows): Promise<void> {
    await super.mark(rows)
    this.#release(rows)
  }

  protected override async apply(session: CacheSession, rows: Rows): Promise<void> {
    try {
      await super.apply(session, rows)
    } finally {
      this.#release(rows)
    }
  }

  /** PostgreSQL unlocks what the dead have locked. */
  #isLockedByAnother(row: LoggedInvalidation): boolean {
    const holder = LOCKS.get(row)
    return holder !== undefined && holder !== this && holder.context.transactions.host.alive
  }

  #release(rows: Rows): void {
    for (const row of rows) if (LOCKS.get(row) === this) LOCKS.delete(row)
  }
}

/** Whose drain has locked a row. */
const LOCKS = new WeakMap<LoggedInvalidation, SkipsLocked>()

/** Every writer sees to its own rows. */
export class OwnRowsOnly extends OpenDrain {
  #own(rows: Rows): Rows {
    return rows.filter(({ id }) => this.context.transactions.sentAt.has(id))
  }

  protected override invalidate(session: CacheSession, rows: Rows): Promise<void> {
    return super.invalidate(session, this.#own(rows))
  }

  protected override mark(rows: Rows): Promise<void> {
    return super.mark(this.#own(rows))
  }
}
