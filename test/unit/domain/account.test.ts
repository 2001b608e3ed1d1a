import { expect, it } from 'vitest'
import { Account } from '../../../src/domain/account.ts'

const account = () =>
  new Account({
    id: 'a1',
    email: ' Rosa@Example.org ',
    name: 'Rosa',
    role: 'organizer',
    passwordHash: 'the first',
    vendorId: null,
    createdAt: new Date('2026-05-01T08:00:00Z'),
  })

it('an account that ends its sessions, or takes another password, makes every token of before void', () => {
  const rosa = account()
  expect(rosa.sessionEpoch).toBe(0)
  rosa.endSessions()
  expect(rosa).toMatchObject({ sessionEpoch: 1, passwordHash: 'the first' })
  rosa.changePassword('the second')
  expect(rosa).toMatchObject({ sessionEpoch: 2, passwordHash: 'the second' })
})

it('an edit of an account changes what it names, compares addresses without case, and ends no session', () => {
  const rosa = account()
  expect(rosa.email).toBe('rosa@example.org')
  rosa.edit({ name: 'Rosa M.' })
  expect(rosa).toMatchObject({ email: 'rosa@example.org', name: 'Rosa M.' })
  rosa.edit({ email: 'ROSA@elsewhere.example ' })
  expect(rosa).toMatchObject({ email: 'rosa@elsewhere.example', name: 'Rosa M.', sessionEpoch: 0 })
})
