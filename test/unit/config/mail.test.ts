import { expect, it } from 'vitest'
import { readConfig } from '../../../src/infrastructure/config/config.ts'

const WHOLE = {
  SMTP_URL: 'smtps://user:password@mail.example.org',
  MAIL_FROM: 'Markets <markets@example.org>',
  PUBLIC_URL: 'https://markets.example.org',
}

it('a mail server comes with an address that mail is from, and one that its links lead to', () => {
  expect(readConfig(WHOLE)).toMatchObject({ smtpUrl: WHOLE.SMTP_URL, mailFrom: WHOLE.MAIL_FROM })
  expect(readConfig({ ...WHOLE, MAIL_FROM: 'markets@example.org' }).mailFrom).toBe('markets@example.org')
  for (const name of ['MAIL_FROM', 'PUBLIC_URL'])
    expect(() => readConfig({ ...WHOLE, [name]: '' })).toThrow(`${name}: required with SMTP_URL`)
})

it.each([
  ['SMTP_URL', 'https://mail.example.org'],
  ['MAIL_FROM', 'Markets'],
  ['MAIL_FROM', 'Markets <a@example.org>\nBcc: b@example.org'],
])('%s is refused as %j', (name, value) => {
  expect(() => readConfig({ ...WHOLE, [name]: value })).toThrow(`${name}: expected`)
})
