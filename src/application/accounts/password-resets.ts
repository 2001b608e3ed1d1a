import { normalizeEmail } from '../../domain/account.ts'
import { MarketflowError } from '../../domain/errors.ts'
import { NO_PASSWORD } from '../markets/directory-organizer.ts'
import type { ResetLink } from '../ports/repositories.ts'
import { type Dependencies, now, type Writing } from '../use-case/use-case.ts'
import { type SignedIn, signIn } from './sessions.ts'

/** How long a link is good, in ms. */
export const RESET_LINK_MS = 30 * 60_000

/**
 * Notes that a password was forgotten, for whatever address: whether an account has it is looked up later, so that
 * neither the answer nor its time tells.
 * @throws MarketflowError `no-mail`
 */
export const RequestPasswordReset =
  (needs: Writing & Pick<Dependencies, 'mailer'>) =>
  async (email: string): Promise<void> => {
    if (!needs.mailer.works)
      throw new MarketflowError('no-mail', 'This service sends no mail: ask its operator for a link')
    await needs.writes.run((tx) => tx.resets.request(normalizeEmail(email), now(needs)))
  }

export interface MadeResetLink {
  readonly accountId: string
  /** What the link holds. Told once: the database keeps a digest of it. */
  readonly secret: string
  readonly expiresAt: Date
}

/**
 * Makes the secret of a link by which an account takes another password, once.
 * @throws MarketflowError `account-not-found`, also for an account that no password opens
 */
export const MakeResetLink =
  (needs: Writing & Pick<Dependencies, 'random'>) =>
  (email: string): Promise<MadeResetLink> =>
    needs.writes.run(async (tx) => {
      const address = normalizeEmail(email)
      const found = await tx.accounts.findByEmail(address)
      // Locked, it is as it is now: it may just have taken another address, or be gone.
      const account = found && (await tx.accounts.findForUpdate(found.id))
      if (account?.email !== address || account.passwordHash === NO_PASSWORD)
        throw new MarketflowError('account-not-found', `There is no account with the address ${email}`)
      const { id: accountId, sessionEpoch } = account
      const secret = needs.random.token() + needs.random.token()
      const expiresAt = new Date(needs.clock.now() + RESET_LINK_MS)
      await tx.resets.add(secret, { accountId, sessionEpoch, expiresAt })
      return { accountId, secret, expiresAt }
    })

/**
 * An account takes another password by a link, once. All sessions end; the answer begins a new one. A link is void when
 * the sessions that there were when it was made have ended, as they do with each new password.
 * @throws MarketflowError `reset-link-void`
 */
export const ResetPassword =
  (needs: Writing & Pick<Dependencies, 'transactions' | 'hasher' | 'tokens'>) =>
  async (secret: string, password: string, signal?: AbortSignal): Promise<SignedIn> => {
    // Before the transaction: hashing takes long, and a lock should not be held meanwhile. A guess is not worth a hash.
    const passwordHash = await needs.hasher.admit(async ({ hash }) => {
      good(await needs.transactions.look((tx) => tx.resets.find(secret)), needs)
      return hash(password)
    }, signal)
    const account = await needs.writes.run(async (tx, record) => {
      const { accountId } = good(await tx.resets.find(secret), needs)
      const locked = await tx.accounts.findForUpdate(accountId)
      // Of two at once the second one waits for the lock, and finds that the first has taken the link.
      const { sessionEpoch } = good(await tx.resets.take(secret), needs)
      if (locked?.sessionEpoch !== sessionEpoch) throw new MarketflowError('reset-link-void')
      locked.changePassword(passwordHash)
      record({ type: 'sessions-ended', accountId: locked.id })
      return locked
    })
    return signIn(account, needs.tokens)
  }

/** @throws MarketflowError `reset-link-void` */
function good(link: ResetLink | undefined, { clock }: Pick<Dependencies, 'clock'>): ResetLink {
  if (link === undefined || link.expiresAt.getTime() <= clock.now())
    throw new MarketflowError('reset-link-void')
  return link
}
