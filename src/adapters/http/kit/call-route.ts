import { hash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { represent } from '../../../application/consistency/representation.ts'
import type { Seen } from '../../../application/use-case/precondition.ts'
import type { Application } from '../../../application/use-cases.ts'
import type { Access } from './access.ts'
import { type CallRoute, pathValues } from './api-route.ts'
import { plainTag } from './content-coding.ts'
import { noteActor, noteMade } from './deeds.ts'
import { readBody } from './input.ts'
import { HttpError } from './problem.ts'
import type { RateLimits } from './rate-limits.ts'
import { sendJson, sendNothing, sendRepresentation } from './respond.ts'
import type { Route } from './routes.ts'

/** The row for Express: lets the request in, reads what it brings, asks the use case, and answers as documented. */
export function callRoute(
  { method, path, operation, body, missing, run, location, represents, takesSeen, takesKey }: CallRoute,
  access: Access,
  application: Application,
  limits: RateLimits | undefined,
): Route {
  const { token, answers } = operation
  const { status } = answers[0]!
  return {
    method,
    path,
    operation,
    async handle(req, res) {
      const viewer = await (method === 'GET' ? access.caller(req, token) : access.writer(req, res, token))
      const { id = '', date = '' } = pathValues(req.params, missing)
      const seen = seenBy(req)
      if (seen !== undefined && !takesSeen && method !== 'GET')
        throw new HttpError('precondition-failed', NOTHING_TO_SEE)
      const key = takesKey ? keyOf(req) : undefined
      const asked = body && (await readBody(req, res, body))
      const once = viewer &&
        key !== undefined && { accountId: viewer.accountId, key, request: digest([operation.id, id, asked]) }
      const result = await run(application, {
        id,
        date,
        body: asked,
        seen,
        once: once || undefined,
        viewer: viewer as never,
        address: req.ip ?? '',
        signal: clientGone(res),
        actsAs: (account) => noteActor(req, account),
        limits,
      })
      if (status === 201 && hasId(result)) noteMade(req, result.id)
      if (status === 204) sendNothing(res)
      else {
        const where = location && { Location: location(result as never) }
        if (represents === undefined) sendJson(res, status, result, where)
        else sendRepresentation(res, status, asSent(represents, result), where)
      }
    },
  }
}

/** An answer that another release has kept under a key may have another shape: it is sent as that sent it. */
function asSent(view: NonNullable<CallRoute['represents']>, result: unknown) {
  try {
    return represent(view, result)
  } catch {
    return represent({ schema: { parse: (value) => value } }, result)
  }
}

const KEY = /^[\x21-\x7e]{1,255}$/
const keyError = 'expected 1 to 255 visible ASCII characters, given once'

/** The client's key, which may be quoted (draft-ietf-httpapi-idempotency-key-header). @throws HttpError `validation-failed` */
function keyOf({ headers }: IncomingMessage): string | undefined {
  const sent = headers['idempotency-key']
  if (sent === undefined) return undefined
  const key = String(sent).replace(/^"(.*)"$/, '$1')
  if (KEY.test(key)) return key
  const errors = [{ path: 'headers.Idempotency-Key', message: keyError }]
  throw new HttpError('validation-failed', undefined, { errors })
}

/** The body as it was understood: blanks and the order of its fields make no other request. */
function digest(asked: unknown): string {
  return hash('sha256', JSON.stringify(asked), 'base64url')
}

const NOTHING_TO_SEE = 'If-Match: this is no write of something that has an ETag'
const ENTITY_TAGS = /(W\/)?"[^"]*"/g

/** What the client says it has seen (RFC 9110, 13.1.1). Compared strongly: a weak tag names no bytes. */
function seenBy({ headers }: IncomingMessage): Seen {
  const ifMatch = headers['if-match']
  if (ifMatch === undefined) return undefined
  if (ifMatch.trim() === '*') return '*'
  return (ifMatch.match(ENTITY_TAGS) ?? []).filter((tag) => tag.startsWith('"')).map(plainTag)
}

function hasId(result: unknown): result is { readonly id: string } {
  return typeof (result as { id?: unknown } | null)?.id === 'string'
}

/** Aborted when the client goes away before it has its answer: what waits on its behalf need not be begun. */
function clientGone(res: ServerResponse): AbortSignal {
  const gone = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) gone.abort(new HttpError('overloaded', 'The client did not wait'))
  })
  return gone.signal
}
