import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/infrastructure/config/config.ts'

const publicUrl = (PUBLIC_URL: string) => readConfig({ PUBLIC_URL }).publicUrl

describe('PUBLIC_URL', () => {
  it.each([
    ['https://markets.example.org', 'https://markets.example.org'],
    ['https://Markets.Example.org:443/', 'https://markets.example.org'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
  ])('%s is the origin %s', (text, origin) => {
    expect(publicUrl(text)).toBe(origin)
  })

  it.each([
    'markets.example.org',
    'ftp://markets.example.org',
    'https://markets.example.org/shop',
    'https://markets.example.org/?a',
    'https://rosa@markets.example.org',
  ])('is not %s', (text) => {
    expect(() => publicUrl(text)).toThrow(/PUBLIC_URL: expected/)
  })

  it('is nothing unless the environment says so', () => {
    expect(readConfig({}).publicUrl).toBeUndefined()
    expect(publicUrl('')).toBeUndefined()
  })
})
