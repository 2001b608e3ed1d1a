import type { z } from 'zod'
import { type FieldError, MarketflowError } from '../../../domain/errors.ts'

/** Enough to mend any honest request; a body of ten thousand unknown fields does not deserve them all. */
const MOST_ERRORS = 20
const LONGEST_PATH = 100

/**
 * Reads an input by its schema.
 * @throws MarketflowError `validation-failed` naming every wrong field once, with what was expected there
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  place: 'body' | 'query',
): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw new MarketflowError('validation-failed', undefined, { errors: fieldErrors(result.error, place) })
}

function fieldErrors(error: z.ZodError, place: 'body' | 'query'): FieldError[] {
  const messages = new Map<string, string>()
  for (const issue of error.issues) {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : undefined
    const message = unknown ? 'no such field here' : issue.message
    for (const path of unknown?.map((key) => [...issue.path, key]) ?? [issue.path]) {
      const name = pathName(path, place)
      if (messages.size < MOST_ERRORS && !messages.has(name)) messages.set(name, message)
    }
  }
  return Array.from(messages, ([path, message]) => ({ path, message }))
}

function pathName(path: readonly PropertyKey[], place: 'body' | 'query'): string {
  const names = place === 'query' || path.length === 0 ? [place, ...path] : path
  return names.map(String).join('.').slice(0, LONGEST_PATH)
}
