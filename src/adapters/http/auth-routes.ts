import type { SignedIn } from '../../application/accounts/sign-in.ts'
import type { Account } from '../../domain/account.ts'
import type { Access } from './access.ts'
import { noFields } from './application-schemas.ts'
import { login, passwordChange, registration } from './auth-schemas.ts'
import { readBody } from './body.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Route } from './routes.ts'
import { sendJson, sendNothing } from './send-json.ts'
import type { UseCases } from './use-cases.ts'

export function authRoutes(useCases: UseCases, access: Access, limits: RateLimits | undefined): Route[] {
  return [
    {
      method: 'POST',
      path: '/auth/register',
      async handle(req, res) {
        const input = await readBody(req, res, registration)
        await limits?.countRegistration(req.ip ?? '')
        sendJson(res, 201, signedInView(await useCases.registerAccount.execute(input)))
      },
    },
    {
      method: 'POST',
      path: '/auth/login',
      async handle(req, res) {
        const { email, password } = await readBody(req, res, login)
        const attempt = () => useCases.logIn.execute(email, password)
        const signedIn = await (limits?.guardLogin(email, req.ip ?? '', attempt) ?? attempt())
        sendJson(res, 200, signedInView(signedIn))
      },
    },
    {
      method: 'GET',
      path: '/me',
      async handle(req, res) {
        const { accountId } = await access.account(req)
        sendJson(res, 200, accountView(await useCases.getAccount.execute(accountId)))
      },
    },
    {
      method: 'PUT',
      path: '/me/password',
      async handle(req, res) {
        const { accountId } = await access.writingAccount(req)
        const { current_password: current, new_password: next } = await readBody(req, res, passwordChange)
        const attempt = () => useCases.changePassword.execute(accountId, current, next)
        // Whoever found somebody's token must not guess the password behind it either.
        const signedIn = await (limits?.guardLogin(accountId, req.ip ?? '', attempt) ?? attempt())
        sendJson(res, 200, signedInView(signedIn))
      },
    },
    {
      method: 'POST',
      path: '/auth/sign-out-everywhere',
      async handle(req, res) {
        const { accountId } = await access.writingAccount(req)
        await readBody(req, res, noFields)
        await useCases.signOutEverywhere.execute(accountId)
        sendNothing(res)
      },
    },
  ]
}

function signedInView({ account, token }: SignedIn) {
  return { account: accountView(account), token }
}

function accountView({ id, email, name, role, vendorId }: Account) {
  return { id, email, name, role, ...(vendorId !== null && { vendor_id: vendorId }) }
}
