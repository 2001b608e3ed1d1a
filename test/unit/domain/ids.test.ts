import { expect, it } from 'vitest'
import { parseId } from '../../../src/domain/ids.ts'
import { isSlug } from '../../../src/domain/market.ts'

const ID = '8a64ea05-90ce-43e8-872f-bf8324b7ac58'

it('an id is a UUID and nothing beside it, compared in lower case', () => {
  expect(parseId(ID)).toBe(ID)
  expect(parseId(ID.toUpperCase())).toBe(ID)
  for (const other of ['', ` ${ID}`, `${ID}0`, ID.replaceAll('-', ''), ID.replace('a', 'g'), ID.slice(1)])
    expect(parseId(other), other).toBeUndefined()
})

it('a slug is lower-case letters and digits, joined by single hyphens', () => {
  for (const slug of ['a', '7', 'old-mill', '4th-of-july-fair']) expect(isSlug(slug), slug).toBe(true)
  for (const other of ['', '-', 'Old', 'old--mill', '-old', 'old-', 'old mill', 'old_mill', 'old\n'])
    expect(isSlug(other), other).toBe(false)
})
