import { Account, normalizeEmail, type Role } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import type { Product } from '../../domain/products.ts'
import { Vendor } from '../../domain/vendor.ts'
import type { Transaction } from '../ports/transactions.ts'
import { type Dependencies, now, type Writing } from '../use-case/use-case.ts'
import { type SignedIn, signIn } from './sessions.ts'

export interface Registration {
  readonly email: string
  readonly password: string
  readonly name: string
  readonly role: Role
  /** Required for a vendor; organizers have none. */
  readonly businessName?: string | undefined
  readonly category?: string | undefined
  readonly products?: readonly Product[] | undefined
}

/**
 * An organizer joins, or a vendor with a business.
 * @throws MarketflowError `email-taken`.
 */
export const RegisterAccount =
  (needs: Writing & Pick<Dependencies, 'hasher' | 'tokens' | 'random'>) =>
  async (
    { password, businessName = '', category = '', products = [], ...who }: Registration,
    signal?: AbortSignal,
  ): Promise<SignedIn> => {
    const { random, tokens } = needs
    const passwordHash = await needs.hasher.admit(({ hash }) => hash(password), signal)
    const account = await needs.writes.run(async (tx, record) => {
      const createdAt = now(needs)
      const vendorId = who.role === 'vendor' ? random.uuid() : null
      const joined = new Account({ ...who, id: random.uuid(), passwordHash, vendorId, createdAt })
      await assertFree(tx, joined.email, joined)
      if (vendorId === null) {
        record({ type: 'organizer-registered', organizerId: joined.id })
      } else {
        const profile = { businessName, category, products, description: '', website: '' }
        tx.vendors.add(new Vendor({ id: vendorId, ...profile, createdAt }))
        record({ type: 'vendor-registered', vendorId, accountId: joined.id })
      }
      tx.accounts.add(joined)
      return joined
    })
    return signIn(account, tokens)
  }

/** @throws MarketflowError `email-taken` when another account has the address */
export async function assertFree(
  tx: Pick<Transaction, 'accounts'>,
  email: string,
  { id }: Pick<Account, 'id'>,
): Promise<void> {
  const taken = await tx.accounts.findByEmail(normalizeEmail(email))
  if (taken === undefined || taken.id === id) return
  throw new MarketflowError('email-taken', 'This e-mail address is taken', {
    errors: [{ path: 'email', message: 'expected an address without an account' }],
  })
}
