import { describe, expect, it } from 'vitest'
import { SystemRandom } from '../../../src/adapters/system/system-random.ts'

/** More than a few blocks of tokens. */
const MANY = 2000

describe('this machine’s randomness', () => {
  const random = new SystemRandom()

  it('makes tokens of 128 bits, none twice, across its blocks', () => {
    const tokens = Array.from({ length: MANY }, () => random.token())
    expect(new Set(tokens).size).toBe(MANY)
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(16)
  })

  it('makes tokens of which every bit changes', () => {
    const ever = Buffer.alloc(16)
    const always = Buffer.alloc(16, 0xff)
    for (let i = 0; i < 200; i++) {
      for (const [at, byte] of Buffer.from(random.token(), 'base64url').entries()) {
        ever[at]! |= byte
        always[at]! &= byte
      }
    }
    expect(ever).toEqual(Buffer.alloc(16, 0xff))
    expect(always).toEqual(Buffer.alloc(16))
  })

  it('shares no tokens with another of its kind', () => {
    const other = new SystemRandom()
    const tokens = new Set(Array.from({ length: MANY }, () => random.token()))
    for (let i = 0; i < MANY; i++) expect(tokens.has(other.token())).toBe(false)
  })

  it('makes UUIDs of version 4, and fractions', () => {
    expect(random.uuid()).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    for (let i = 0; i < MANY; i++) {
      const fraction = random.fraction()
      expect(fraction).toBeGreaterThanOrEqual(0)
      expect(fraction).toBeLessThan(1)
    }
  })
})
