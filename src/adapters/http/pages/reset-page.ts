import type { Response } from 'express'
import { html } from 'ghtml'
import type { Application } from '../../../application/use-cases.ts'
import { ACCOUNT_LIMITS } from '../../../domain/account.ts'
import { passwordReset } from '../api/accounts.ts'
import { noteActor } from '../kit/deeds.ts'
import { readForm } from '../kit/input.ts'
import type { RateLimits } from '../kit/rate-limits.ts'
import type { Route } from '../kit/routes.ts'
import type { HeaderList } from '../kit/security-headers.ts'
import { AGAIN, refusalOf, sendForm } from './form-page.ts'

const PATH = '/reset-password'

/** Where a link in a mail leads: below this origin. The secret is in the query, which no log has. */
export function resetPath(secret: string): string {
  return `${PATH}?secret=${encodeURIComponent(secret)}`
}

/** The page that a link leads to, on which an account takes another password, with scripts or without. */
export function resetRoutes(
  { resetPassword }: Pick<Application, 'resetPassword'>,
  headers: HeaderList,
  limits: RateLimits | undefined,
): Route[] {
  const send = (res: Response, status: number, main: string, more: Readonly<Record<string, string>> = {}) =>
    sendForm(res, headers, { title: TITLE, main }, { status, headers: more })
  return [
    {
      method: 'GET',
      path: PATH,
      takesQuery: true,
      operation: null,
      // Nothing is looked up: what opens links ahead of their readers, as mail scanners do, uses none up.
      handle(req, res) {
        const secret = new URLSearchParams(req.url.split('?')[1]).get('secret')
        if (secret === null) send(res, 410, VOID)
        else send(res, 200, form(secret))
      },
    },
    {
      method: 'POST',
      path: PATH,
      operation: null,
      async handle(req, res) {
        const fields = await readForm(req, res)
        const read = passwordReset.safeParse(fields)
        if (!read.success) {
          const problem = read.error.issues.find(({ path }) => path[0] === 'new_password')?.message
          if (problem === undefined) send(res, 410, VOID)
          else send(res, 400, form(fields.secret ?? '', `The password: ${problem}.`))
          return
        }
        try {
          await limits?.countReset(req.ip ?? '')
          const { account } = await resetPassword(read.data.secret, read.data.new_password)
          noteActor(req, account.id)
          send(res, 200, DONE)
        } catch (thrown) {
          const { code, status, headers: more } = refusalOf(thrown)
          send(res, status, code === 'reset-link-void' ? VOID : form(read.data.secret, AGAIN), more)
        }
      },
    },
  ]
}

const TITLE = 'A new password'
const { shortestPassword, longestPassword } = ACCOUNT_LIMITS

function form(secret: string, problem?: string): string {
  return html`<div class="hero">
<h1>${TITLE}</h1>
!${problem === undefined ? '' : html`<p class="notice" id="problem" role="alert">${problem}</p>`}
<form action="${PATH}" method="post">
<input type="hidden" name="secret" value="${secret}">
<div class="fields">
<div class="wide"><label for="new_password">New password, at least ${shortestPassword} characters</label><input id="new_password" name="new_password" type="password" minlength="${shortestPassword}" maxlength="${longestPassword}" autocomplete="new-password" required!${problem === undefined ? '' : ' aria-describedby="problem" aria-invalid="true"'}></div>
<button type="submit">Set it</button>
</div>
</form>
<p>Every session of the account ends.</p>
</div>`
}

const VOID = html`<div class="hero">
<h1>This link is no longer good</h1>
<p>It is good for 30 minutes, and once, until the password changes. Ask for another one.</p>
</div>`

const DONE = html`<div class="hero">
<h1>The password is changed</h1>
<p role="status">Every session has ended. Sign in with the new password.</p>
</div>`
