import { describe, expect, it } from 'vitest'
import { RecentlyUsed } from '../../../src/adapters/http/kit/recently-used.ts'

describe('what was used lately', () => {
  it('is remembered, and never more than the bound', () => {
    const recent = new RecentlyUsed<number>(10)
    for (let i = 1; i <= 1000; i++) {
      recent.set(`${i}`, i)
      expect(recent.size).toBeLessThanOrEqual(10)
    }
    expect([996, 997, 998, 999, 1000].map((i) => recent.get(`${i}`))).toEqual([996, 997, 998, 999, 1000])
    expect(recent.get('1')).toBeUndefined()
  })

  it('outlives whatever comes and is never used again', () => {
    const recent = new RecentlyUsed<string>(10)
    recent.set('often', 'used')
    for (let i = 1; i <= 1000; i++) {
      recent.set(`${i}`, 'once')
      expect(recent.get('often')).toBe('used')
    }
  })

  it('is what was set last', () => {
    const recent = new RecentlyUsed<string>(2)
    recent.set('a', 'before')
    recent.set('a', 'after')
    expect(recent.get('a')).toBe('after')
  })
})
