import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { parse } from 'node:querystring'
import express, { type Request, type Response } from 'express'
import type { z } from 'zod'
import type { FieldError } from '../../../domain/errors.ts'
import { HttpError } from './problem.ts'

/** Enough to mend any honest request; a body of ten thousand unknown fields does not deserve them all. */
const MOST_ERRORS = 20
const LONGEST_PATH = 100

/**
 * Reads an input by its schema.
 * @throws HttpError `validation-failed` naming every wrong field once, with what was expected there
 */
function validate<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  place: 'body' | 'query',
): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw new HttpError('validation-failed', undefined, { errors: fieldErrors(result.error, place) })
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

const NO_PARAMETERS = {}

/**
 * The parameters in a URL's query by their schema, each of which may be given once.
 * @param ours whether a parameter is one of ours; others may be badly encoded. Default: all are
 * @throws HttpError `validation-failed`; URIError for broken percent-encoding
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

/** In bytes. */
const LARGEST_BODY = 100 * 1024

// `strict: false`: a bare number is valid JSON of the wrong shape, and the schema says so better than the parser.
// `inflate: false`: no honest client compresses so little; what comes compressed is a bomb.
const parseJson = express.json({
  limit: LARGEST_BODY,
  strict: false,
  inflate: false,
  type: () => true,
  verify: assertUtf8,
})

/**
 * Reads the body by its schema; no body at all reads as `{}`. Called by handlers rather than mounted before them, so
 * that reads don't pass through it, and no body is read before its token.
 * @throws HttpError `unsupported-media-type` or `validation-failed`, and whatever the parser throws
 */
export async function readBody<Schema extends z.ZodType>(
  req: Request,
  res: Response,
  schema: Schema,
): Promise<z.output<Schema>> {
  if (!hasBody(req)) return validate(schema, {}, 'body')
  if (!isJson(req)) throw new HttpError('unsupported-media-type')
  await new Promise<void>((resolve, reject) => {
    parseJson(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(error)))
  })
  return validate(schema, req.body, 'body')
}

const parseForm = express.urlencoded({ extended: false, limit: '4kb' })

/** What a form on a page has sent, field by field. @throws whatever the parser throws */
export async function readForm(req: Request, res: Response): Promise<Readonly<Record<string, string>>> {
  await new Promise<void>((resolve, reject) => {
    parseForm(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(error)))
  })
  const fields = Object.entries(req.body ?? {}).filter(([, value]) => typeof value === 'string')
  return Object.fromEntries(fields) as Record<string, string>
}

/** The parser would take UTF-7, and replace bytes that are no UTF-8: a name damaged for good, answered with 201. */
function assertUtf8(_req: IncomingMessage, _res: unknown, body: Buffer, charset: string): void {
  if (charset !== 'utf-8') {
    throw new HttpError('unsupported-media-type', 'The body must be plain application/json in UTF-8')
  }
  if (!isUtf8(body)) throw new HttpError('malformed-json', 'The body is not valid UTF-8')
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '')
}
