import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { queryProperties, schemaRef } from '../../../../src/adapters/http/kit/schemas.ts'
import { DOCUMENT, ROUTES } from '../../../support/api-document.ts'

/** As much of JSON Schema as the document has. */
interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly examples?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly maxItems?: number
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
}

const ajv = formats.default(new Ajv2020({ strict: false }))
ajv.addSchema(DOCUMENT, 'api', undefined, false)

const BODIES = ROUTES.flatMap(({ operation }) =>
  operation?.body === undefined ? [] : [{ id: operation.id, ...operation.body }],
)
const QUERIES = ROUTES.flatMap(({ operation }) =>
  operation?.query === undefined ? [] : [{ id: operation.id, query: operation.query }],
)

/** Of every type, what a client may hold for another: blanks, numbers as text, nothing. */
const ANYTHING = [
  null,
  true,
  0,
  1,
  -1,
  1.5,
  '',
  ' ',
  'a',
  ' a ',
  'a\nb',
  'a\u0000',
  '1',
  ' 1',
  '1.0',
  '01',
  [],
  {},
  [1],
]

/** What only the service knows all of: which zones there are, in whatever letters. The document takes any name. */
const KNOWN_TO_THE_SERVICE = ['time_zone']

/** Values that this schema is about, and others beside each of its bounds. */
function* values(schema: Schema): Generator<unknown> {
  const { minLength, maxLength, minimum, maximum } = schema
  yield* ANYTHING
  for (const each of [...(schema.enum ?? []), ...(schema.examples ?? []), schema.const])
    if (each !== undefined) yield* [each, String(each).toUpperCase(), ` ${each}`, `${each}x`]
  for (const length of [minLength, maxLength])
    if (length !== undefined) for (const by of [-1, 0, 1]) if (length + by >= 0) yield 'a'.repeat(length + by)
  if (maxLength !== undefined) yield ` ${'a'.repeat(maxLength)} `
  for (const bound of [minimum, maximum])
    if (bound !== undefined) yield* [bound - 1, bound, bound + 1, bound - 0.5, String(bound)]
}

function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema
  return schema.$ref
    .split('/')
    .slice(1)
    .reduce((at: unknown, key) => (at as Record<string, unknown>)[key], DOCUMENT) as Schema
}

/** This value with one thing changed, wherever the schema has something to say; and the name of what was changed. */
function* changed(
  named: Schema,
  value: unknown,
  name = '',
): Generator<readonly [name: string, value: unknown]> {
  const schema = resolved(named)
  for (const each of values(schema)) yield [name, each]
  for (const each of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) yield* changed(each, value, name)
  if (schema.properties !== undefined && isRecord(value)) {
    yield [name, { ...value, nothing: 1 }]
    for (const [property, ofProperty] of Object.entries(schema.properties)) {
      const { [property]: old, ...less } = value
      yield [property, less]
      for (const [within, each] of changed(ofProperty, old, property))
        yield [within, { ...value, [property]: each }]
    }
  }
  if (schema.items !== undefined && Array.isArray(value)) {
    yield [name, Array.from({ length: (schema.maxItems ?? 0) + 1 }, () => value[0])]
    for (const [within, each] of changed(schema.items, value[0], name)) yield [within, [each]]
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** As the service reads it, but for passwords: blanks around a text do not count. */
function trimmed(value: unknown): unknown {
  if (typeof value === 'string') return value.trim()
  if (Array.isArray(value)) return value.map(trimmed)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, trimmed(part)]))
}

describe('a request', () => {
  it.each(BODIES)('$id takes the bodies that its document takes, and no others', ({ schema, examples }) => {
    const ref = schemaRef(schema)
    const documented = ajv.compile({ $ref: `api${ref.$ref}` })
    const differences = new Set<string>()
    for (const example of Object.values(examples)) {
      for (const [name, value] of changed(ref, example)) {
        const taken = schema.safeParse(value).success
        if (taken === documented(value) || taken === documented(trimmed(value))) continue
        if (taken || !KNOWN_TO_THE_SERVICE.includes(name)) differences.add(told(taken, JSON.stringify(value)))
      }
    }
    expect([...differences]).toEqual([])
  })

  it.each(QUERIES)('$id takes the parameters that its document takes, and no others', ({ query }) => {
    const differences = new Set<string>()
    for (const [name, property] of Object.entries(queryProperties(query))) {
      const documented = ajv.compile(property)
      for (const value of values(property as Schema)) {
        if (typeof value === 'object') continue
        const sent = String(value)
        // What a client sends for a number is its text.
        const isNumber = property.type === 'integer' && String(Number(sent)) === sent
        const meant = isNumber ? [Number(sent)] : [sent, sent.trim()]
        const taken = query.safeParse({ [name]: sent }).success
        if (meant.every((each) => documented(each) !== taken)) differences.add(told(taken, `${name}=${sent}`))
      }
    }
    expect([...differences]).toEqual([])
  })
})

function told(taken: boolean, what: string): string {
  return `only ${taken ? 'taken' : 'documented'}: ${what}`
}
