import { describe, expect, it } from 'vitest'
import { explainExit } from '../../../src/infrastructure/exit.ts'
import { serializeError } from '../../../src/infrastructure/observability/serialize-error.ts'

describe('what is thrown and is no Error is told in words', () => {
  it.each([
    ['as a text', 'out of luck', 'out of luck'],
    ['with a message', { message: 'disk full', argv: ['hush'] }, 'disk full'],
    // As the embedded database's file system throws.
    ['with a name and a number', { name: 'ErrnoError', errno: 51, node: {} }, 'name ErrnoError, errno 51'],
    ['with neither', { reason: { of: 'its own' } }, 'an object with the fields reason'],
    ['as null', null, 'null'],
  ])('%s', (_, thrown, told) => {
    expect(serializeError(thrown).message).toBe(told)
    expect(serializeError(new Error('x', { cause: thrown })).cause!.message).toBe(told)
    expect(explainExit(thrown)).toBe(told)
  })
})
