import { describe, expect, test } from 'vitest'
import { dose } from '../support/dose.ts'
import { CASES, EXTRA, MORE } from './cases.ts'
import { BASE } from './config.ts'
import { search } from './search.ts'
import { tell } from './trace.ts'

/** `MODEL=full` searches larger surroundings too. */
const FULL = process.env.MODEL === 'full'

describe('no read that began after an answered write returns an older version', () => {
  const cases = [...CASES, ...(FULL ? [...MORE, ...EXTRA] : dose([], MORE))]
  test.each(cases)('$name', { timeout: FULL ? 3_600_000 : 300_000 }, ({ where, sees, name }) => {
    const began = performance.now()
    const { states, taken, counterexample, bytes } = search({ ...BASE, ...where })
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    process.stdout.write(`  ${states} states in ${seconds} s, ${Math.ceil(bytes / 1e6)} MB: ${name}\n`)
    expect(counterexample === undefined ? '' : tell(counterexample)).toBe('')
    expect(sees.filter((step) => !taken.has(step))).toEqual([])
  })
})
