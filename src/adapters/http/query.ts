import type { Request } from 'express'
import { z } from 'zod'
import { validate } from './validation.ts'

const NO_PARAMETERS = {}
const none = z.strictObject({})

/**
 * The query's parameters by their schema, each of which may be given once.
 * @throws MarketflowError `validation-failed`; URIError for broken percent-encoding
 */
export function readQuery<Schema extends z.ZodType>(req: Request, schema: Schema): z.output<Schema> {
  return validate(schema, hasQuery(req) ? parseQuery(req) : NO_PARAMETERS, 'query')
}

/** @throws MarketflowError `validation-failed` where a route that takes no parameters is given one. */
export function assertNoQuery(req: Request): void {
  if (hasQuery(req)) readQuery(req, none)
}

function hasQuery(req: Request): boolean {
  return req.url.includes('?')
}

function parseQuery(req: Request): unknown {
  // Express's parser lets broken encodings pass as they are; a typo should not search for another city.
  if (req.url.includes('%')) decodeURIComponent(req.url)
  return req.query
}
