import { expect, it } from 'vitest'
import { z } from 'zod'
import { viewsFingerprint } from '../../../src/application/tables/views-fingerprint.ts'
import { VIEWS } from '../../../src/application/use-cases.ts'

const shaped = (shape: z.ZodRawShape) => ({ name: 'thing', schema: z.object(shape) })

it('is the same for the same shapes, and as keys need it', () => {
  expect(viewsFingerprint(VIEWS)).toBe(viewsFingerprint([...VIEWS]))
  expect(viewsFingerprint(VIEWS)).toMatch(/^[0-9a-f]{8}$/)
  expect(viewsFingerprint([shaped({ id: z.string() })])).toBe(viewsFingerprint([shaped({ id: z.string() })]))
})

it.each([
  ['a field more', { id: z.string(), name: z.string() }],
  ['another type', { id: z.number() }],
  ['a field that may be null', { id: z.string().nullable() }],
  ['another name', { key: z.string() }],
])('changes with %s', (_, shape) => {
  expect(viewsFingerprint([shaped(shape)])).not.toBe(viewsFingerprint([shaped({ id: z.string() })]))
})
