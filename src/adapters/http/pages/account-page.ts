import type { Request, Response } from 'express'
import { html } from 'ghtml'
import type { Application } from '../../../application/use-cases.ts'
import type { AccountDetail } from '../../../application/views/views.ts'
import { ACCOUNT_LIMITS, type AccountChanges } from '../../../domain/account.ts'
import { accountChanges, logInWithin, login } from '../api/accounts.ts'
import { noteActor } from '../kit/deeds.ts'
import { readForm } from '../kit/input.ts'
import { HttpError, type ProblemCode } from '../kit/problem.ts'
import type { RateLimits } from '../kit/rate-limits.ts'
import type { Route } from '../kit/routes.ts'
import type { HeaderList } from '../kit/security-headers.ts'
import { AGAIN, refusalOf, sendForm } from './form-page.ts'

const PATH = '/account'
const DELETE_PATH = '/account/delete'

type Fields = Readonly<Record<string, string>>

/**
 * Pages on which an account changes, with scripts or without. There is no session to be stolen or forged: each form takes
 * address and password.
 */
export function accountRoutes(
  application: Pick<Application, 'logIn' | 'updateAccount' | 'deleteAccount'>,
  headers: HeaderList,
  limits: RateLimits | undefined,
): Route[] {
  /** The account whose address and password these are. @throws as a login does */
  const owner = async (req: Request, fields: Fields) => {
    const actsAs = (id: string) => noteActor(req, id)
    const { data } = login.safeParse({ email: fields.email, password: fields.password })
    if (data === undefined) throw new HttpError('unauthenticated')
    const { account } = await logInWithin(application, data, {
      limits,
      address: req.ip ?? '',
      actsAs,
    })
    return account
  }

  /** Does what a form asks for; what is refused is said above the form, with all fields but the password as they were. */
  const submit = async (
    req: Request,
    res: Response,
    title: string,
    form: (fields: Fields, problem: string) => string,
    run: (fields: Fields) => Promise<string>,
  ) => {
    const fields = await readForm(req, res)
    try {
      sendForm(res, headers, { title, main: await run(fields) })
    } catch (thrown) {
      if (thrown instanceof BadFields) {
        sendForm(res, headers, { title, main: form(fields, thrown.message) }, { status: 400 })
        return
      }
      const refused = refusalOf(thrown)
      const problem = refused.code === 'market-active' ? `${refused.message}.` : PROBLEMS[refused.code]
      sendForm(res, headers, { title, main: form(fields, problem ?? AGAIN) }, refused)
    }
  }

  return [
    {
      method: 'GET',
      path: PATH,
      takesQuery: true,
      operation: null,
      handle: (_, res) => sendForm(res, headers, { title: CHANGE, main: changeForm({}) }),
    },
    {
      method: 'POST',
      path: PATH,
      operation: null,
      handle: (req, res) =>
        submit(req, res, CHANGE, changeForm, async (fields) => {
          const changes = changesIn(fields)
          const { id } = await owner(req, fields)
          return changed(await application.updateAccount(id, changes, fields.password))
        }),
    },
    {
      method: 'GET',
      path: DELETE_PATH,
      takesQuery: true,
      operation: null,
      handle: (_, res) => sendForm(res, headers, { title: DELETE, main: deleteForm({}) }),
    },
    {
      method: 'POST',
      path: DELETE_PATH,
      operation: null,
      handle: (req, res) =>
        submit(req, res, DELETE, deleteForm, async (fields) => {
          if (fields.confirmed === undefined) throw new BadFields('Say that you know it cannot be undone.')
          const { id } = await owner(req, fields)
          await application.deleteAccount(id, fields.password ?? '')
          return DELETED
        }),
    },
  ]
}

/** What stands in a form is none of what can be asked; `message` is for people. */
class BadFields extends Error {}

const PROBLEMS: Readonly<Partial<Record<ProblemCode, string>>> = {
  unauthenticated: 'Wrong e-mail address or password.',
  'email-taken': 'Another account has the new address.',
  'rate-limited': 'Too many attempts. Try again later.',
}

const CHANGE = 'Your account'
const DELETE = 'Delete your account'
const LABELS: Readonly<Record<string, string>> = { name: 'The new name', email: 'The new address' }

/** What the fields that are filled in ask for. @throws BadFields */
function changesIn({ name = '', new_email: email = '', password = '' }: Fields): AccountChanges {
  const read = accountChanges.safeParse({
    ...(name !== '' && { name }),
    ...(email !== '' && { email, current_password: password }),
  })
  if (read.success) return { ...read.data }
  const [issue] = read.error.issues
  const label = LABELS[String(issue!.path[0])]
  throw new BadFields(label === undefined ? 'Say what is to change.' : `${label}: ${issue!.message}.`)
}

const problemAbove = (problem: string | undefined) =>
  problem === undefined ? '' : html`<p class="notice" id="problem" role="alert">${problem}</p>`

/** By which each of these forms knows whose account it is. */
const proof = ({
  email = '',
}: Fields) => html`<div class="wide"><label for="email">E-mail address</label><input id="email" name="email" type="email" value="${email}" maxlength="${ACCOUNT_LIMITS.email}" autocomplete="username" required></div>
<div class="wide"><label for="password">Password</label><input id="password" name="password" type="password" maxlength="1024" autocomplete="current-password" required></div>`

function changeForm(fields: Fields, problem?: string): string {
  const { name = '', new_email: email = '' } = fields
  return html`<div class="hero">
<h1>${CHANGE}</h1>
<p>Another name shows at once wherever the old one does. You stay signed in.</p>
!${problemAbove(problem)}
<form action="${PATH}" method="post">
<div class="fields">
!${proof(fields)}
</div>
<div class="fields">
<div class="wide"><label for="name">New name, if any</label><input id="name" name="name" type="text" value="${name}" maxlength="${ACCOUNT_LIMITS.name}" autocomplete="name"></div>
<div class="wide"><label for="new_email">New e-mail address, if any</label><input id="new_email" name="new_email" type="email" value="${email}" maxlength="${ACCOUNT_LIMITS.email}" autocomplete="email"></div>
<button type="submit">Change it</button>
</div>
</form>
<p><a href="${DELETE_PATH}">Delete your account</a></p>
</div>`
}

const changed = ({ name, email }: AccountDetail) => html`<div class="hero">
<h1>${CHANGE}</h1>
<p role="status">It is changed: ${name}, ${email}.</p>
</div>`

function deleteForm(fields: Fields, problem?: string): string {
  return html`<div class="hero">
<h1>${DELETE}</h1>
<p>This cannot be undone. Drafts of markets go; closed markets stay, without your name. Applications are withdrawn, and the markets keep that they were made: not by whom, and no message.</p>
!${problemAbove(problem)}
<form action="${DELETE_PATH}" method="post">
<div class="fields">
!${proof(fields)}
</div>
<div class="fields"><label><input type="checkbox" name="confirmed" value="yes" required> I know that it cannot be undone</label></div>
<div class="fields">
<button type="submit">Delete it</button>
</div>
</form>
</div>`
}

const DELETED = html`<div class="hero">
<h1>Your account is deleted</h1>
<p role="status">Every session has ended.</p>
</div>`
