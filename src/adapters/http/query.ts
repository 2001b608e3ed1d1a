import { parse } from 'node:querystring'
import type { z } from 'zod'
import { validate } from './validation.ts'

const NO_PARAMETERS = {}

/**
 * The parameters in a URL's query by their schema, each of which may be given once.
 * @throws MarketflowError `validation-failed`; URIError for broken percent-encoding
 */
export function readQuery<Schema extends z.ZodType>(url: string, schema: Schema): z.output<Schema> {
  const start = url.indexOf('?')
  return validate(schema, start === -1 ? NO_PARAMETERS : parseQuery(url, start + 1), 'query')
}

function parseQuery(url: string, start: number): unknown {
  // The parser lets broken encodings pass as they are; a typo should not search for another city.
  if (url.includes('%')) decodeURIComponent(url)
  return parse(url.slice(start))
}
