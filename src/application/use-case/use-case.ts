import type { Clock } from '../consistency/ports/clock.ts'
import type { Random } from '../consistency/ports/random.ts'
import type { Mailer } from '../ports/mailer.ts'
import type { PageRenderer } from '../ports/page-renderer.ts'
import type { PasswordHasher } from '../ports/password-hasher.ts'
import type { TokenIssuer } from '../ports/token-issuer.ts'
import type { Transactions } from '../ports/transactions.ts'
import type { Reads, Writes } from '../tables/reads-and-writes.ts'

/** All that a use case may depend on; infrastructure says what each is. */
export interface Dependencies {
  /** Reads go through the cache, and nowhere else. */
  readonly reads: Reads
  /** Writes wait here until no reader can see what they replaced. */
  readonly writes: Writes
  /** What is neither cached nor changed. */
  readonly transactions: Pick<Transactions, 'look'>
  readonly hasher: PasswordHasher
  readonly tokens: TokenIssuer
  readonly mailer: Mailer
  readonly renderer: PageRenderer
  readonly clock: Clock
  readonly random: Random
}

/** What every write needs. */
export type Writing = Pick<Dependencies, 'writes' | 'clock'>

/** The time, as entities keep it. */
export function now({ clock }: Pick<Dependencies, 'clock'>): Date {
  return new Date(clock.now())
}
