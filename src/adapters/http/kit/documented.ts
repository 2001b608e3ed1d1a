import { z } from 'zod'

/** Keywords of JSON Schema; `undefined` takes one away. */
type Keywords = Readonly<Record<string, unknown>>

/**
 * What the API's document says of a schema instead of what zod derives from it: where zod checks text that other
 * people would call a number, or by a regular expression that other languages' cannot read.
 */
export const documentedAs = z.registry<Keywords>()
