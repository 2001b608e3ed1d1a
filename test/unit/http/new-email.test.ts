import { expect, it } from 'vitest'
import { login, registration } from '../../../src/adapters/http/api/accounts.ts'
import { DIRECTORY_ORGANIZER } from '../../../src/application/markets/directory-organizer.ts'

const registers = (email: string) =>
  registration.safeParse({ email, password: 'tomatoes in november', name: 'Rosa', role: 'organizer' })

it.each(['usda-directory@marketflow.invalid', 'rosa@x.INVALID', DIRECTORY_ORGANIZER.email])(
  'registration does not take %s',
  (email) => {
    expect(registers(email).error?.issues).toMatchObject([{ path: ['email'] }])
  },
)

it.each(['rosa@example.org', 'rosa@invalid.example', 'rosa.invalid@example.org'])(
  'registration takes %s',
  (email) => {
    expect(registers(email).success).toBe(true)
  },
)

it('who registered under .invalid before may still sign in', () => {
  expect(login.safeParse({ email: 'rosa@x.invalid', password: 'x' }).success).toBe(true)
})
