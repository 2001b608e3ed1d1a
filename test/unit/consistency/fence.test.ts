import { expect, it } from 'vitest'
import { sameFence } from '../../../src/application/consistency/ports/cache-port.ts'

it.each([
  { stored: [], current: [], same: true },
  { stored: ['a', 'b'], current: ['a', 'b'], same: true },
  { stored: ['a', 'b'], current: ['a', 'c'], same: false },
  { stored: ['a', 'b'], current: ['c', 'b'], same: false },
  { stored: ['a', 'b'], current: ['b', 'a'], same: false },
  { stored: ['a'], current: ['a', 'b'], same: false },
  { stored: ['a', 'b'], current: ['a'], same: false },
  { stored: [], current: ['a'], same: false },
])('$stored stored, $current now: $same', ({ stored, current, same }) => {
  expect(sameFence(stored, current)).toBe(same)
})
