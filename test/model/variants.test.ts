import { describe, expect, test } from 'vitest'
import { dose } from '../support/dose.ts'
import { BASE } from './config.ts'
import { steps } from './protocol.ts'
import { search } from './search.ts'
import { tell } from './trace.ts'
import { configure, VARIANTS } from './variants.ts'

/** Connections that are lost at any time make a space large. `npm test` takes every third of the others. */
const SOME = VARIANTS.filter(({ where }) => !where.losses).filter((_, i) => i % 3 === 0)

describe('every decision of the protocol is needed: without it there is a stale read', () => {
  test.each(dose(SOME, VARIANTS))('$name', { timeout: 300_000 }, (variant) => {
    const { states, counterexample } = search(configure(variant))
    expect(counterexample, `${states} states and no stale read`).toBeDefined()
    // A step that changed where it came from would hide what else can happen there.
    for (const { state } of counterexample!) steps(deepFrozen(state), configure(variant), () => undefined)
    process.stdout.write(`\n${variant.name}: stale after ${states} states\n${tell(counterexample!)}\n`)
  })
})

function deepFrozen<T extends object>(object: T): T {
  for (const value of Object.values(object)) if (typeof value === 'object') deepFrozen(value)
  return Object.freeze(object)
}

test('a search that is cut short says so', () => {
  expect(() => search(BASE, 1000)).toThrow(RangeError)
})
