import { LogInRefused } from '../../application/accounts/log-in.ts'
import type { Access } from './access.ts'
import { accountView, signedInView, viewAccount, viewSignedIn } from './account-views.ts'
import { noFields } from './application-schemas.ts'
import { login, passwordChange, registration } from './auth-schemas.ts'
import { readBody } from './body.ts'
import { clientGone } from './client-gone.ts'
import { noteActor } from './deeds.ts'
import { ACCOUNT, SIGNED_IN } from './openapi/examples.ts'
import { json, nothing, takes } from './openapi/operation.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Route } from './routes.ts'
import { sendJson, sendNothing } from './send-json.ts'
import type { UseCases } from './use-cases.ts'

const PASSWORD = 'tomatoes in november'

export function authRoutes(useCases: UseCases, access: Access, limits: RateLimits | undefined): Route[] {
  return [
    {
      method: 'POST',
      path: '/auth/register',
      operation: {
        id: 'register',
        tag: 'Accounts',
        summary: 'Register an organizer or a vendor',
        token: 'ignored',
        body: takes(registration, {
          'A vendor': {
            email: ACCOUNT.email,
            password: PASSWORD,
            name: ACCOUNT.name,
            role: 'vendor',
            business_name: 'Green Acres',
            category: 'vegetables',
          },
          'An organizer': {
            email: 'rosa@example.org',
            password: PASSWORD,
            name: 'Rosa Almeida',
            role: 'organizer',
          },
        }),
        answers: [json(201, 'The account, signed in.', signedInView, SIGNED_IN)],
        errors: ['conflict', 'overloaded'],
      },
      async handle(req, res) {
        const input = await readBody(req, res, registration)
        await limits?.countRegistration(req.ip ?? '')
        const signedIn = await useCases.registerAccount.execute(input, clientGone(res))
        noteActor(req, signedIn.account.id)
        sendJson(res, 201, viewSignedIn(signedIn))
      },
    },
    {
      method: 'POST',
      path: '/auth/login',
      operation: {
        id: 'logIn',
        tag: 'Accounts',
        summary: 'Log in',
        token: 'ignored',
        body: takes(login, { 'E-mail and password': { email: ACCOUNT.email, password: PASSWORD } }),
        answers: [json(200, 'The account, signed in.', signedInView, SIGNED_IN)],
        errors: ['unauthenticated', 'overloaded'],
      },
      async handle(req, res) {
        const { email, password } = await readBody(req, res, login)
        const attempt = async () => {
          try {
            const signedIn = await useCases.logIn.execute(email, password, clientGone(res))
            noteActor(req, signedIn.account.id)
            return signedIn
          } catch (error) {
            if (error instanceof LogInRefused) noteActor(req, error.accountId ?? 'unknown')
            throw error
          }
        }
        const signedIn = await (limits?.guardLogin(email, req.ip ?? '', attempt) ?? attempt())
        sendJson(res, 200, viewSignedIn(signedIn))
      },
    },
    {
      method: 'GET',
      path: '/me',
      operation: {
        id: 'getAccount',
        tag: 'Accounts',
        summary: 'Get the account that the token belongs to',
        token: 'account',
        answers: [json(200, 'The account.', accountView, ACCOUNT)],
      },
      async handle(req, res) {
        const { accountId } = await access.account(req)
        sendJson(res, 200, viewAccount(await useCases.getAccount.execute(accountId)))
      },
    },
    {
      method: 'PUT',
      path: '/me/password',
      operation: {
        id: 'changePassword',
        tag: 'Accounts',
        summary: 'Change the password',
        description:
          'Ends every session of the account but the one it answers with. A wrong password is `forbidden`.',
        token: 'account',
        body: takes(passwordChange, {
          'Both passwords': { current_password: PASSWORD, new_password: 'beans in december' },
        }),
        answers: [json(200, 'The account, signed in anew.', signedInView, SIGNED_IN)],
        errors: ['forbidden', 'conflict', 'overloaded'],
      },
      async handle(req, res) {
        const { accountId } = await access.writingAccount(req)
        const { current_password: current, new_password: next } = await readBody(req, res, passwordChange)
        const attempt = () => useCases.changePassword.execute(accountId, current, next, clientGone(res))
        // A thief who found a token must not guess the password behind it either.
        const signedIn = await (limits?.guardLogin(accountId, req.ip ?? '', attempt) ?? attempt())
        sendJson(res, 200, viewSignedIn(signedIn))
      },
    },
    {
      method: 'POST',
      path: '/auth/sign-out-everywhere',
      operation: {
        id: 'signOutEverywhere',
        tag: 'Accounts',
        summary: 'End every session of the account',
        description: 'No token of it is good on any instance once this is answered.',
        token: 'account',
        answers: [nothing('Signed out.')],
      },
      async handle(req, res) {
        const { accountId } = await access.writingAccount(req)
        await readBody(req, res, noFields)
        await useCases.signOutEverywhere.execute(accountId)
        sendNothing(res)
      },
    },
  ]
}
