import { z } from 'zod'

type JsonSchema = z.core.JSONSchema.BaseSchema

/** As what travels: before defaults and renamings on the way in, and no less on the way out. */
const SETTINGS = { io: 'input', target: 'draft-2020-12', override: amend } as const

/**
 * The document's `components.schemas`. What is sent to us has these fields and no others; what we answer may have more in
 * a later release.
 * @param bodies what is sent to us
 */
export function componentSchemas(bodies: readonly z.ZodType[]): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, { ...SETTINGS, uri: pathOf })
  for (const schema of Object.values(schemas)) {
    delete schema.$schema
    delete schema.$id
  }
  const sent = new Set(bodies.flatMap((body) => within(schemaRef(body), schemas)))
  for (const [id, schema] of Object.entries(schemas)) if (!sent.has(id)) open(schema)
  return Object.fromEntries(Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** The names of all schemas that one refers to, however far away. */
function within(schema: unknown, schemas: Record<string, JsonSchema>): string[] {
  const ids = [...JSON.stringify(schema).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, id]) => id!)
  return ids.flatMap((id) => [id, ...within(schemas[id], schemas)])
}

function open(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return
  if ('additionalProperties' in schema && schema.additionalProperties === false) {
    delete schema.additionalProperties
  }
  for (const part of Object.values(schema)) open(part)
}

/** @throws Error for a schema without a name: what clients see has one */
export function schemaRef(schema: z.ZodType): { $ref: string } {
  const { id } = z.globalRegistry.get(schema) ?? {}
  if (id === undefined) throw new Error('A schema of the API has no name')
  return { $ref: pathOf(id) }
}

/** The properties of a query's schema, each of which is a parameter. */
export function queryProperties(query: z.ZodType): Record<string, JsonSchema> {
  return (z.toJSONSchema(query, SETTINGS).properties ?? {}) as Record<string, JsonSchema>
}

function pathOf(id: string): string {
  return `#/components/schemas/${id}`
}

function amend({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: JsonSchema }): void {
  // These formats are defined by RFCs; zod's patterns for them are long and say no more.
  if (jsonSchema.format === 'uuid' || jsonSchema.format === 'date-time') delete jsonSchema.pattern
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  for (const [keyword, value] of Object.entries(documentedAs.get(zodSchema) ?? {})) {
    if (value === undefined) delete jsonSchema[keyword]
    else jsonSchema[keyword] = value
  }
}

/** Keywords of JSON Schema; `undefined` takes one away. */
type Keywords = Readonly<Record<string, unknown>>

/**
 * What the API's document says of a schema instead of what zod derives from it: where zod checks text that other
 * people would call a number, or by a regular expression that other languages' cannot read.
 */
export const documentedAs = z.registry<Keywords>()
