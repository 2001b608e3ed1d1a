import { argon2Sync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Argon2Hasher } from '../../../src/adapters/security/argon2-hasher.ts'

describe('Argon2Hasher', () => {
  const passwords = new Argon2Hasher()
  const hasher = {
    hash: (password: string) => passwords.admit(({ hash }) => hash(password)),
    verify: (password: string, known: string | undefined) =>
      passwords.admit(({ verify }) => verify(password, known)),
  }

  it('accepts the password it hashed and no other', async () => {
    const hash = await hasher.hash('correct horse battery')
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
    expect(await hasher.verify('correct horse battery', hash)).toBe(true)
    expect(await hasher.verify('correct horse batterz', hash)).toBe(false)
  })

  it('salts: the same password never hashes alike', async () => {
    expect(await hasher.hash('correct horse battery')).not.toBe(await hasher.hash('correct horse battery'))
  })

  it('is false without a hash, or with one it cannot read', async () => {
    expect(await hasher.verify('whatever it is', undefined)).toBe(false)
    expect(await hasher.verify('whatever it is', 'plain text')).toBe(false)
  })

  it('takes the cost from the hash, so that it can be raised later', async () => {
    const hash = await hasher.hash('correct horse battery')
    expect(await hasher.verify('correct horse battery', hash.replace('t=2', 't=3'))).toBe(false)
  })

  it('takes an é however a keyboard writes it, and hashes of releases that took it as it was typed', async () => {
    const [composed, decomposed] = ['café au marché'.normalize('NFC'), 'café au marché'.normalize('NFD')]
    expect(await hasher.verify(decomposed, await hasher.hash(composed))).toBe(true)
    expect(await hasher.verify(composed, await hasher.hash(decomposed))).toBe(true)
    const nonce = Buffer.alloc(16, 7)
    const cost = { parallelism: 1, tagLength: 32, memory: 1024, passes: 1 }
    const typed = argon2Sync('argon2id', { message: decomposed, nonce, ...cost })
    const [salt, tag] = [nonce, typed].map((bytes) => bytes.toString('base64').replace(/=+$/, ''))
    const old = `$argon2id$v=19$m=1024,t=1,p=1$${salt}$${tag}`
    expect(await hasher.verify(decomposed, old)).toBe(true)
    expect(await hasher.verify('cafe au marche', old)).toBe(false)
  })
})
