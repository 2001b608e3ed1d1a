import { parse } from 'node:querystring'
import type { z } from 'zod'
import { validate } from './validation.ts'

const NO_PARAMETERS = {}

/**
 * The parameters in a URL's query by their schema, each of which may be given once.
 * @param ours whether a parameter is one of ours; others may be badly encoded. Default: all are
 * @throws MarketflowError `validation-failed`; URIError for broken percent-encoding
 */
export function readQuery<Schema extends z.ZodType>(
  url: string,
  schema: Schema,
  ours: (name: string) => boolean = () => true,
): z.output<Schema> {
  const start = url.indexOf('?')
  return validate(schema, start === -1 ? NO_PARAMETERS : parseQuery(url.slice(start + 1), ours), 'query')
}

function parseQuery(query: string, ours: (name: string) => boolean): unknown {
  // The parser lets broken encodings pass as they are; a typo should not search for another city.
  if (query.includes('%')) {
    for (const pair of query.split('&')) if (ours(pair.split('=', 1)[0]!)) decodeURIComponent(pair)
  }
  return parse(query)
}
