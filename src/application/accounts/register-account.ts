import { Account, type Role } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import { Vendor } from '../../domain/vendor.ts'
import type { Clock } from '../consistency/ports/clock.ts'
import type { Random } from '../consistency/ports/random.ts'
import type { PasswordHasher } from '../ports/password-hasher.ts'
import type { TokenIssuer } from '../ports/token-issuer.ts'
import type { Writes } from '../tables/reads-and-writes.ts'
import { type SignedIn, signIn } from './sign-in.ts'

export interface Registration {
  readonly email: string
  readonly password: string
  readonly name: string
  readonly role: Role
  /** Required for a vendor; organizers have none. */
  readonly businessName?: string | undefined
  readonly category?: string | undefined
}

/** A person joins as an organizer, or as a vendor with a business. */
export class RegisterAccount {
  readonly #unitOfWork: Writes
  readonly #hasher: PasswordHasher
  readonly #tokens: TokenIssuer
  readonly #clock: Clock
  readonly #random: Random

  constructor(unitOfWork: Writes, hasher: PasswordHasher, tokens: TokenIssuer, clock: Clock, random: Random) {
    this.#unitOfWork = unitOfWork
    this.#hasher = hasher
    this.#tokens = tokens
    this.#clock = clock
    this.#random = random
  }

  /** @throws MarketflowError `conflict` when the e-mail address is taken. */
  async execute(
    { email, password, name, role, businessName = '', category = '' }: Registration,
    signal?: AbortSignal,
  ): Promise<SignedIn> {
    const passwordHash = await this.#hasher.hash(password, signal)
    const account = await this.#unitOfWork.run(async (tx, record) => {
      const createdAt = new Date(this.#clock.now())
      const vendorId = role === 'vendor' ? this.#random.uuid() : null
      const joined = new Account({
        id: this.#random.uuid(),
        email,
        name,
        role,
        passwordHash,
        vendorId,
        createdAt,
      })
      if ((await tx.accounts.findByEmail(joined.email)) !== undefined) {
        throw new MarketflowError('conflict', 'This e-mail address is taken')
      }
      if (vendorId === null) {
        record({ type: 'organizer-registered', organizerId: joined.id })
      } else {
        tx.vendors.add(
          new Vendor({ id: vendorId, businessName, category, description: '', website: '', createdAt }),
        )
        record({ type: 'vendor-registered', vendorId, accountId: joined.id })
      }
      tx.accounts.add(joined)
      return joined
    })
    return signIn(account, this.#tokens)
  }
}
