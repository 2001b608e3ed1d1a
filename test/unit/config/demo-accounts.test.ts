import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/infrastructure/config/config.ts'

describe('demo accounts, whose password is published, are made', () => {
  it.each(['127.0.0.1', '127.8.0.1', '::1', '::ffff:127.0.0.1', 'localhost'])(
    'by default where only this machine can sign in: HOST=%s',
    (HOST) => expect(readConfig({ HOST })).toMatchObject({ seedDemo: true, exposed: false }),
  )

  it.each([
    '0.0.0.0',
    '::',
    '192.168.1.7',
    '::ffff:10.0.0.1',
    'fe80::1',
    'market.example.org',
    '127.0.0.1.example.org',
  ])('only when asked for where others can: HOST=%s', (HOST) => {
    expect(readConfig({ HOST })).toMatchObject({ seedDemo: false, exposed: true })
    expect(readConfig({ HOST, SEED_DEMO: 'true' }).seedDemo).toBe(true)
  })

  it('only when asked for behind a proxy, which lets others in', () => {
    expect(readConfig({ TRUST_PROXY: '1' })).toMatchObject({ seedDemo: false, exposed: true })
  })

  it('never in a database of its own, or where they are not wanted, by default', () => {
    const own = { DATABASE_URL: 'postgres://localhost/x', JWT_SECRET: 'a secret of thirty-two bytes or more' }
    expect(readConfig(own).seedDemo).toBe(false)
    expect(readConfig({ SEED_DEMO: 'false' }).seedDemo).toBe(false)
  })
})
