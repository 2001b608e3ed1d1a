import { describe, expect, it } from 'vitest'
import { cursorAfter, LONGEST_CURSOR, placeOf } from '../../../src/application/tables/cursor.ts'
import { MARKET_LIMITS } from '../../../src/domain/market.ts'

const id = '0190a0b0-0000-7000-8000-000000000001'
const made = (name: string, list = 'markets') => cursorAfter(list, { name, id })!

describe('a cursor', () => {
  it.each(['', 'Green Market', '築地', 'a'.repeat(MARKET_LIMITS.name), '築'.repeat(MARKET_LIMITS.name)])(
    'leads back to the name “%s” and its id, by letters that need no encoding',
    (name) => {
      expect(made(name)).toMatch(/^[\w-]+$/)
      expect(placeOf('markets', made(name))).toEqual({ name, id })
    },
  )

  it('of a name that only SQL by hand can make is none', () => {
    expect(made('築'.repeat(MARKET_LIMITS.name + 1))).toBeUndefined()
    expect(made('築'.repeat(MARKET_LIMITS.name))).toHaveLength(LONGEST_CURSOR)
  })

  it('is none of another list, nor with any letter changed, left out or added', () => {
    const cursor = made('Green Market')
    expect(placeOf('markets:city:bern', cursor)).toBeUndefined()
    for (let i = 0; i < cursor.length; i++) {
      const other = cursor[i] === 'A' ? 'B' : 'A'
      expect(placeOf('markets', cursor.slice(0, i) + other + cursor.slice(i + 1)), `${i}`).toBeUndefined()
      expect(placeOf('markets', cursor.slice(0, i) + cursor.slice(i + 1)), `without ${i}`).toBeUndefined()
    }
    expect(placeOf('markets', `${cursor}A`)).toBeUndefined()
  })

  it.each(['=', '==', ' ', '\n', '%'])('has one spelling, and none with “%s” behind it', (end) => {
    const [cursor, standard] = [made('a?>'), made('a?>').replaceAll('-', '+').replaceAll('_', '/')]
    expect(cursor).not.toBe(standard)
    for (const spelling of [cursor + end, standard]) expect(placeOf('markets', spelling)).toBeUndefined()
  })

  it.each([
    ['a name with a NUL', { name: 'a\0b', id }],
    ['half an id', { name: '', id: '0190a0b0-0000' }],
    ['no id', { name: '', id: '' }],
  ])('that a stranger made of %s leads nowhere', (_title, place) => {
    expect(placeOf('markets', cursorAfter('markets', place)!)).toBeUndefined()
  })
})
