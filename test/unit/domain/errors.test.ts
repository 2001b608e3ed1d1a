import { expect, it } from 'vitest'
import { ERROR_TITLES, MarketflowError } from '../../../src/domain/errors.ts'

it('a refusal has the title of its code where nothing else is said, the fields that are wrong, and its cause if there is one', () => {
  const plain = new MarketflowError('market-full')
  expect(plain).toMatchObject({ name: 'MarketflowError', message: ERROR_TITLES['market-full'], errors: [] })
  expect('cause' in plain).toBe(false)
  const cause = new Error('from below')
  const errors = [{ path: 'slug', message: 'expected another' }]
  const told = new MarketflowError('slug-taken', 'It is taken', { errors, cause })
  expect(told).toMatchObject({ code: 'slug-taken', message: 'It is taken', errors, cause })
})
