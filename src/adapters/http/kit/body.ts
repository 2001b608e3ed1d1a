import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import express, { type Request, type Response } from 'express'
import type { z } from 'zod'
import { MarketflowError } from '../../../domain/errors.ts'
import { validate } from './validation.ts'

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
 * @throws MarketflowError `unsupported-media-type` or `validation-failed`, and whatever the parser throws
 */
export async function readBody<Schema extends z.ZodType>(
  req: Request,
  res: Response,
  schema: Schema,
): Promise<z.output<Schema>> {
  if (!hasBody(req)) return validate(schema, {}, 'body')
  if (!isJson(req)) throw new MarketflowError('unsupported-media-type')
  await new Promise<void>((resolve, reject) => {
    parseJson(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(error)))
  })
  return validate(schema, req.body, 'body')
}

/** The parser would take UTF-7, and replace bytes that are no UTF-8: a name damaged for good, answered with 201. */
function assertUtf8(_req: IncomingMessage, _res: unknown, body: Buffer, charset: string): void {
  if (charset !== 'utf-8') {
    throw new MarketflowError('unsupported-media-type', 'The body must be plain application/json in UTF-8')
  }
  if (!isUtf8(body)) throw new MarketflowError('malformed-json', 'The body is not valid UTF-8')
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '')
}
