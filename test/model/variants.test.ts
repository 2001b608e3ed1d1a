import { describe, expect, test } from 'vitest'
import { dose } from '../support/dose.ts'
import { BASE } from './config.ts'
import { search } from './search.ts'
import { tell } from './trace.ts'
import { configure, VARIANTS } from './variants.ts'

/** Connections that are lost at any time make a space large. */
const SMALL = VARIANTS.filter(({ where }) => !where.losses)

describe('every decision of the protocol is needed: without it there is a stale read', () => {
  test.each(dose(SMALL, VARIANTS))('$name', { timeout: 300_000 }, (variant) => {
    const { states, counterexample } = search(configure(variant))
    expect(counterexample, `${states} states and no stale read`).toBeDefined()
    process.stdout.write(`\n${variant.name}: stale after ${states} states\n${tell(counterexample!)}\n`)
  })
})

test('a search that is cut short says so', () => {
  expect(() => search(BASE, 1000)).toThrow(RangeError)
})
