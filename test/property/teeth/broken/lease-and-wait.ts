import type { TrustedSessions } from '../../../../src/application/consistency/gate.ts'
import { TrustedSessions as Trusted } from '../../../../src/application/consistency/gate.ts'
import { Lease } from '../../../../src/application/consistency/lease.ts'
import type { CachePort } from '../../../../src/application/consistency/ports/cache-port.ts'
import type { Clock } from '../../../../src/application/consistency/ports/clock.ts'
import {
  type Confirmation,
  WriteConfirmation,
} from '../../../../src/application/consistency/write-confirmation.ts'
import { type ConfirmationContext, LEASE_MS } from '../../interleaving/simulation/instance.ts'
import {
  type DatabaseLink,
  SimTransaction,
  SimTransactions,
} from '../../interleaving/simulation/sim-database.ts'

/** Stamped when the drain is done, though rows may have been committed since it selected. */
export class StampedAtTheEnd extends Lease {
  override renew(): void {
    super.renew(this.now())
  }
}

/** Ended by a timer, which is late where the process was. */
export class EndedByTimer extends Lease {
  readonly #timer: Clock
  #renewals = 0
  #held = false

  constructor(clock: Clock, lengthMs: number) {
    super(clock, lengthMs)
    this.#timer = clock
  }

  override renew(): void {
    this.#renewals += 1
    const mine = this.#renewals
    this.#held = true
    void this.#timer.sleep(LEASE_MS).then(() => {
      if (mine === this.#renewals) this.#held = false
    })
  }

  override get holds(): boolean {
    return this.#held
  }
}

/** Looks at the clock that stops while the machine is suspended, and at no other. */
export class MonotonicOnly extends Lease {
  #renewedAt: number | undefined

  override renew(since: { readonly monotonic: number; readonly wall: number }): void {
    this.#renewedAt = since.monotonic
    super.renew(since)
  }

  override get holds(): boolean {
    return this.#renewedAt !== undefined && this.now().monotonic - this.#renewedAt < this.lengthMs
  }
}

export class TrustsEveryConnection extends Trusted {
  override has(): boolean {
    return true
  }

  override assert(): void {}
}

export function gateWithoutLease(trusted: TrustedSessions): TrustedSessions {
  return trusted
}

/** Asks for one drain, and answers whatever came of it. */
export class NeverWaits extends WriteConfirmation {
  readonly #context: ConfirmationContext

  constructor(context: ConfirmationContext) {
    super(context.cache, context.loop, context.clock, context.leaseMs, context.alone)
    this.#context = context
  }

  override async confirm(): Promise<Confirmation> {
    await this.#context.loop.next()
    return 'invalidated'
  }
}

export class CountsFromSendingCommit extends WriteConfirmation {
  readonly #sentAt: ReadonlyMap<string, number>

  constructor(context: ConfirmationContext) {
    super(context.cache, context.loop, context.clock, context.leaseMs, context.alone)
    this.#sentAt = context.transactions.sentAt
  }

  override confirm(rowId: string, tags: readonly string[], committedAt: number): Promise<Confirmation> {
    return super.confirm(rowId, tags, this.#sentAt.get(rowId) ?? committedAt)
  }
}

/** Takes a drain of this instance as word from all of them. */
export function confirmationAsIfShared(context: ConfirmationContext): WriteConfirmation {
  const { cache, loop, clock, leaseMs, alone } = context
  const shared = Object.create(cache, { reach: { value: 'shared' } }) as CachePort
  return new WriteConfirmation(shared, loop, clock, leaseMs, alone)
}

/** Logs in a transaction of its own, a moment before the one that changes the data. */
export class LogsOutsideTheTransaction extends SimTransactions {
  protected override log(link: DatabaseLink, _transaction: SimTransaction, tags: readonly string[]) {
    return link.ask('write', `log apart ${tags.join(' ')}`, (database) => {
      const id = database.nextRowId()
      const apart = new SimTransaction(database.crashes)
      apart.rows.push({ id, tags, applied: false, transaction: database.numberOf(apart) })
      database.commit(apart)
      return id
    })
  }
}

/** Deletes the stamps while the transaction is still open, and answers as soon as it is committed. */
export class InvalidatesBeforeCommit extends SimTransactions {
  readonly #cache: CachePort

  constructor(link: DatabaseLink, cache: CachePort) {
    super(link)
    this.#cache = cache
  }

  protected override async log(link: DatabaseLink, transaction: SimTransaction, tags: readonly string[]) {
    await this.#cache
      .session()
      ?.invalidate(tags)
      .catch(() => undefined)
    return super.log(link, transaction, tags)
  }
}

export class AnswersAtOnce extends WriteConfirmation {
  override async confirm(): Promise<Confirmation> {
    return 'invalidated'
  }
}
