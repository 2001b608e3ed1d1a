import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Account, normalizeEmail } from '../../../src/domain/account.ts'
import { normalizePlace, slugify } from '../../../src/domain/market.ts'

const text = fc.string({ unit: 'binary', maxLength: 200 })

describe('slugify', () => {
  it.each([
    ["Caledonia Farmers' Market", 'caledonia-farmers-market'],
    ['Caledonia Farmers’ Market', 'caledonia-farmers-market'],
    ['  Mercado  da Ribeira ', 'mercado-da-ribeira'],
    ['Marché d’Aligre', 'marche-daligre'],
    ['Ĳssel & Söhne №5', 'ijssel-sohne-no5'],
    ['--a--', 'a'],
    ['築地市場', 'market'],
    ['', 'market'],
    [`${'x'.repeat(79)} y`, 'x'.repeat(79)],
  ])('%j → %j', (name, slug) => {
    expect(slugify(name)).toBe(slug)
  })

  it('gives a URL part of at most 80 characters for any text, and leaves a slug as it is', () => {
    fc.assert(
      fc.property(text, (name) => {
        const slug = slugify(name)
        expect(slug).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
        expect(slug.length).toBeLessThanOrEqual(80)
        expect(slugify(slug)).toBe(slug)
      }),
    )
  })
})

describe('normalizePlace', () => {
  it.each([
    ['Chicago ', 'chicago'],
    ['New   York', 'new york'],
    ['\tSão\u00a0Paulo\n', 'são paulo'],
    ['Zu\u0308rich', 'z\u00fcrich'],
    ['   ', ''],
  ])('%j → %j', (city, normal) => {
    expect(normalizePlace(city)).toBe(normal)
  })

  it('is done after once, and does not see case or white space around words', () => {
    const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\u00a0'), minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(text, space, space, (city, before, after) => {
        const normal = normalizePlace(city)
        expect(normalizePlace(normal)).toBe(normal)
        expect(normalizePlace(`${before}${city}${after}`)).toBe(normal)
      }),
    )
    const word = fc.string({ unit: fc.constantFrom(...'abcdefghij'), minLength: 1 })
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), space, (words, between) => {
        expect(normalizePlace(words.join(between).toUpperCase())).toBe(words.join(' '))
      }),
    )
  })

  it('does not see in which form of Unicode accents were typed', () => {
    fc.assert(
      fc.property(text, (city) => {
        expect(normalizePlace(city.normalize('NFD'))).toBe(normalizePlace(city.normalize('NFC')))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('an e-mail address', () => {
  it('is compared without case or outer white space', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (email) => {
        expect(normalizeEmail(` ${email.toUpperCase()}\n`)).toBe(normalizeEmail(email))
      }),
    )
  })

  it('is kept as it is compared', () => {
    const account = new Account({
      id: 'a1',
      email: ' Ana@Example.org',
      name: 'Ana',
      role: 'organizer',
      passwordHash: '',
      vendorId: null,
      createdAt: new Date(0),
    })
    expect(account.email).toBe('ana@example.org')
  })
})
