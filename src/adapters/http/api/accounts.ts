import { z } from 'zod'
import { LogInRefused, type SignedIn } from '../../../application/accounts/sessions.ts'
import type { Application } from '../../../application/use-cases.ts'
import { type AccountDetail, isoTime } from '../../../application/views/views.ts'
import { ACCOUNT_LIMITS, ROLES } from '../../../domain/account.ts'
import { VENDOR_LIMITS } from '../../../domain/vendor.ts'
import { ask, erase, patch, post, put } from '../kit/api-route.ts'
import { json, nothing } from '../kit/operation.ts'
import type { RateLimits } from '../kit/rate-limits.ts'
import { documentedAs } from '../kit/schemas.ts'
import { allOptional, body, email, line, name, newEmail, products, secret } from '../kit/text-schemas.ts'
import { ACCOUNT_ID, VENDOR_ID } from './examples.ts'

const { shortestPassword, longestPassword } = ACCOUNT_LIMITS
/** Any password may be tried: one that breaks today's rules is wrong, not malformed. */
const anyPassword = secret(1, 1024)
const newPassword = secret(shortestPassword, longestPassword)
const credentials = {
  email: newEmail(ACCOUNT_LIMITS.email),
  password: newPassword,
  name: name(ACCOUNT_LIMITS.name),
}

const organizerRegistration = body({ ...credentials, role: z.literal('organizer') }).meta({
  id: 'OrganizerRegistration',
})

const vendorRegistration = body({
  ...credentials,
  role: z.literal('vendor'),
  business_name: name(VENDOR_LIMITS.businessName),
  category: line(VENDOR_LIMITS.category).exactOptional(),
  products: products().describe('What it sells.').exactOptional(),
})
  .transform(({ business_name: businessName, ...rest }) => ({ ...rest, businessName }))
  .meta({ id: 'VendorRegistration' })

/** Two shapes: a vendor must name its business, and an organizer has none to name. */
export const registration = z
  .discriminatedUnion('role', [organizerRegistration, vendorRegistration], {
    error: (issue) =>
      issue.code === 'invalid_union' ? 'expected organizer or vendor' : 'expected a JSON object',
  })
  .meta({ id: 'Registration' })

const passwordChange = body({ current_password: anyPassword, new_password: newPassword }).meta({
  id: 'PasswordChange',
})

/** Alone, the password changes nothing. */
export const accountChanges = body(
  allOptional({
    name: name(ACCOUNT_LIMITS.name),
    email: newEmail(ACCOUNT_LIMITS.email),
    current_password: anyPassword,
  }),
)
  .refine(({ name, email }) => (name ?? email) !== undefined, {
    error: 'expected at least one of name, email',
    when: ({ issues }) => issues.length === 0,
  })
  .refine(({ email, current_password: current }) => email === undefined || current !== undefined, {
    path: ['current_password'],
    error: 'expected the present password, since the address changes',
  })
  .register(documentedAs, {
    minProperties: 1,
    dependentSchemas: { current_password: { minProperties: 2 } },
    dependentRequired: { email: ['current_password'] },
  })
  .meta({ id: 'AccountChanges' })

const accountDeletion = body({ current_password: anyPassword }).meta({ id: 'AccountDeletion' })

const resetRequest = body({ email: email(ACCOUNT_LIMITS.email) }).meta({ id: 'PasswordResetRequest' })

/** Of a link that is none, there is nothing more to say than that it is void. */
export const passwordReset = body({ secret: secret(1, 200), new_password: newPassword }).meta({
  id: 'PasswordReset',
})

export const login = body({ email: email(ACCOUNT_LIMITS.email), password: anyPassword }).meta({ id: 'Login' })

/** An account as its owner sees it. */
const accountView = z
  .strictObject({
    id: z.uuid().describe('An organizer’s is the organizer’s id.'),
    email: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    vendor_id: z
      .uuid()
      .exactOptional()
      .describe('The vendor that the account trades as. Organizers have none.'),
  })
  .meta({ id: 'Account' })

const signedInView = z
  .strictObject({
    account: accountView,
    token: z.string().describe('Goes into `Authorization: Bearer …`.'),
    expires_at: isoTime.describe('Until when the token is good; it may be revoked before.'),
  })
  .meta({ id: 'SignedIn' })

function viewAccount({ id, email, name, role, vendorId }: AccountDetail): z.output<typeof accountView> {
  return { id, email, name, role, ...(vendorId !== null && { vendor_id: vendorId }) }
}

function viewSignedIn({ account, token, expiresAt }: SignedIn): z.output<typeof signedInView> {
  return { account: viewAccount(account), token, expires_at: expiresAt.toISOString() }
}

/** A login within the limits, of which the log is told whose it was. @throws as `LogIn` does; HttpError `rate-limited` */
export async function logInWithin(
  { logIn }: Pick<Application, 'logIn'>,
  { email, password }: z.output<typeof login>,
  {
    limits,
    address,
    signal,
    actsAs,
  }: {
    readonly limits: RateLimits | undefined
    readonly address: string
    readonly signal?: AbortSignal
    readonly actsAs: (account: string) => void
  },
): Promise<SignedIn> {
  const attempt = async () => {
    try {
      const signedIn = await logIn(email, password, signal)
      actsAs(signedIn.account.id)
      return signedIn
    } catch (error) {
      if (error instanceof LogInRefused) actsAs(error.accountId ?? 'unknown')
      throw error
    }
  }
  return limits?.guardLogin(email, address, attempt) ?? attempt()
}

const PASSWORD = 'tomatoes in november'

const ACCOUNT: z.output<typeof accountView> = {
  id: ACCOUNT_ID,
  email: 'vera@example.org',
  name: 'Vera Lopes',
  role: 'vendor',
  vendor_id: VENDOR_ID,
}

const SIGNED_IN: z.output<typeof signedInView> = {
  account: ACCOUNT,
  token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjMmIxIn0.c2lnbmF0dXJl',
  expires_at: '2026-11-23T20:15:30.000Z',
}

export const ACCOUNT_ROUTES = [
  post('/auth/register', 'register', {
    tag: 'Accounts',
    summary: 'Register an organizer or a vendor',
    token: 'ignored',
    body: registration,
    examples: {
      'A vendor': {
        email: ACCOUNT.email,
        password: PASSWORD,
        name: ACCOUNT.name,
        role: 'vendor',
        business_name: 'Green Acres',
        category: 'vegetables',
        products: ['vegetables', 'eggs'],
      },
      'An organizer': {
        email: 'rosa@example.org',
        password: PASSWORD,
        name: 'Rosa Almeida',
        role: 'organizer',
      },
    },
    answer: json(201, 'The account, signed in.', signedInView, SIGNED_IN),
    errors: ['email-taken', 'overloaded'],
    location: () => '/me',
    run: async ({ register }, { body, limits, address, signal, actsAs }) => {
      await limits?.countRegistration(address)
      const signedIn = await register(body, signal)
      actsAs(signedIn.account.id)
      return viewSignedIn(signedIn)
    },
  }),
  post('/auth/login', 'logIn', {
    tag: 'Accounts',
    summary: 'Log in',
    token: 'ignored',
    body: login,
    examples: { 'E-mail and password': { email: ACCOUNT.email, password: PASSWORD } },
    answer: json(200, 'The account, signed in.', signedInView, SIGNED_IN),
    errors: ['unauthenticated', 'overloaded'],
    run: async (application, { body, ...request }) =>
      viewSignedIn(await logInWithin(application, body, request)),
  }),
  ask('/me', 'getAccount', {
    tag: 'Accounts',
    summary: 'Get the account that the token belongs to',
    token: 'account',
    answer: json(200, 'The account.', accountView, ACCOUNT),
    run: async ({ getAccount }, { viewer }) => viewAccount(await getAccount(viewer.accountId)),
  }),
  patch('/me', 'updateAccount', {
    tag: 'Accounts',
    summary: 'Change the account’s name or e-mail address',
    description:
      'What is not given stays. Another address takes the present password; a wrong one is `forbidden`. Every session goes on.',
    token: 'account',
    body: accountChanges,
    examples: {
      'Another name': { name: ACCOUNT.name },
      'Another address': { email: ACCOUNT.email, current_password: PASSWORD },
    },
    answer: json(200, 'The account as it is now.', accountView, ACCOUNT),
    errors: ['forbidden', 'email-taken', 'password-changed', 'overloaded'],
    run: async ({ updateAccount }, { body, viewer: { accountId }, limits, address, signal }) => {
      const { current_password: current, ...changes } = body
      const attempt = () => updateAccount(accountId, changes, current, signal)
      const guarded = changes.email !== undefined && limits?.guardLogin(accountId, address, attempt)
      return viewAccount(await (guarded || attempt()))
    },
  }),
  erase('/me', 'deleteAccount', {
    tag: 'Accounts',
    summary: 'Delete the account',
    description:
      'Takes the present password; a wrong one is `forbidden`. An organizer closes its markets first: these stay, with a former organizer, and drafts go. A vendor’s applications are withdrawn, and stay with their markets as those of a former vendor, without their messages. No token of the account is good on any instance once this is answered.',
    token: 'account',
    body: accountDeletion,
    examples: { 'The password': { current_password: PASSWORD } },
    answer: nothing('The account is gone.'),
    errors: ['forbidden', 'market-active', 'password-changed', 'overloaded'],
    run: ({ deleteAccount }, { body, viewer: { accountId }, limits, address, signal }) => {
      const attempt = () => deleteAccount(accountId, body.current_password, signal)
      return limits?.guardLogin(accountId, address, attempt) ?? attempt()
    },
  }),
  put('/me/password', 'changePassword', {
    tag: 'Accounts',
    summary: 'Change the password',
    description:
      'Ends every session of the account but the one it answers with. A wrong password is `forbidden`.',
    token: 'account',
    body: passwordChange,
    examples: { 'Both passwords': { current_password: PASSWORD, new_password: 'beans in december' } },
    answer: json(200, 'The account, signed in anew.', signedInView, SIGNED_IN),
    errors: ['forbidden', 'password-changed', 'overloaded'],
    run: async ({ changePassword }, { body, viewer: { accountId }, limits, address, signal }) => {
      const attempt = () => changePassword(accountId, body.current_password, body.new_password, signal)
      // A thief who found a token must not guess the password behind it either.
      return viewSignedIn(await (limits?.guardLogin(accountId, address, attempt) ?? attempt()))
    },
  }),
  post('/password-resets', 'requestPasswordReset', {
    tag: 'Accounts',
    summary: 'Ask for a link by mail, where the password was forgotten',
    description:
      'If an account has the address, a mail with a link is on its way, which is good for 30 minutes. The answer is the same if none has. Where the service sends no mail, its operator can make a link.',
    token: 'ignored',
    body: resetRequest,
    examples: { 'The address': { email: ACCOUNT.email } },
    answer: nothing('Noted.'),
    errors: ['no-mail'],
    run: async ({ requestPasswordReset }, { body: { email }, limits, address }) => {
      await limits?.countResetMail(email, address)
      await requestPasswordReset(email)
    },
  }),
  post('/password-resets/use', 'resetPassword', {
    tag: 'Accounts',
    summary: 'Set another password by the secret of a link',
    description: 'Works once, and ends every session of the account but the one it answers with.',
    token: 'ignored',
    body: passwordReset,
    examples: {
      'Secret and password': {
        secret: 'q1n3Yk5vQmC9mY3oT8yVbAq1n3Yk5vQmC9mY3oT8yVbA',
        new_password: 'beans in december',
      },
    },
    answer: json(200, 'The account, signed in anew.', signedInView, SIGNED_IN),
    errors: ['reset-link-void', 'overloaded'],
    run: async ({ resetPassword }, { body, limits, address, signal, actsAs }) => {
      await limits?.countReset(address)
      const signedIn = await resetPassword(body.secret, body.new_password, signal)
      actsAs(signedIn.account.id)
      return viewSignedIn(signedIn)
    },
  }),
  post('/auth/sign-out-everywhere', 'signOutEverywhere', {
    tag: 'Accounts',
    summary: 'End every session of the account',
    description: 'No token of it is good on any instance once this is answered.',
    token: 'account',
    answer: nothing('Signed out.'),
    run: ({ signOutEverywhere }, { viewer }) => signOutEverywhere(viewer.accountId),
  }),
]
