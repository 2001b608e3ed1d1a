import { MarketflowError } from '../../domain/errors.ts'
import type { ResetRequest } from '../ports/repositories.ts'
import type { Dependencies, Writing } from '../use-case/use-case.ts'
import { MakeResetLink, RESET_LINK_MS } from './password-resets.ts'

/** Until a mail that was not taken is tried again, in ms: doubled with each attempt. Longer than an attempt takes. */
const FIRST_WAIT_MS = 60_000
/** After so long its owner has given up, too, or asked again. */
const GIVE_UP_MS = RESET_LINK_MS

export type ResetMailOutcome = 'sent' | 'failed' | 'given_up'

/** What became of an attempt. */
export interface ResetMailReport {
  readonly outcome: ResetMailOutcome
  readonly accountId: string | undefined
  readonly attempt: number
  readonly error?: unknown
}

/**
 * Sends the next link that was asked for. A request is in the database until its mail was taken, or it is given up: an
 * instance that is killed meanwhile leaves it to another, and at worst a mail is sent twice.
 * Resolves with whether there was one.
 */
export const SendResetMail =
  (
    needs: Writing &
      Pick<Dependencies, 'random' | 'mailer'> & {
        /** The address that a secret's link leads to. */
        readonly linkTo: (secret: string) => string
        readonly report: (report: ResetMailReport) => void
      },
  ) =>
  async (): Promise<boolean> => {
    const { writes, mailer, clock, linkTo, report } = needs
    const at = clock.now()
    const request = await writes.run((tx) => tx.resets.nextRequest(new Date(at), FIRST_WAIT_MS))
    if (request === undefined) return false
    const { email, attempt } = request
    const done = () => writes.run((tx) => tx.resets.forgetRequest(email))
    let accountId: string | undefined
    try {
      const link = await MakeResetLink(needs)(email)
      accountId = link.accountId
      await mailer.send({ to: email, subject: 'A new password', text: textOf(linkTo(link.secret)) })
      await done()
      report({ outcome: 'sent', accountId, attempt })
    } catch (error) {
      if (error instanceof MarketflowError && error.code === 'account-not-found') await done()
      else if (isOld(request, at)) {
        await done()
        report({ outcome: 'given_up', accountId, attempt, error })
      } else report({ outcome: 'failed', accountId, attempt, error })
    }
    return true
  }

function isOld({ requestedAt }: ResetRequest, at: number): boolean {
  return at - requestedAt.getTime() > GIVE_UP_MS
}

const textOf = (link: string) => `Hello,

a new password was asked for your account, we hope by you. Choose one here:

${link}

The link is good for 30 minutes, and once. It ends every session of the account.

If it was not you, do nothing: your password stays as it is.
`
