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
  { method, path, operation, body, missing, run, location, represents, takesSeen }: CallRoute,
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
      const { id = '' } = pathValues(req.params, missing)
      const seen = seenBy(req)
      if (seen !== undefined && !takesSeen && method !== 'GET')
        throw new HttpError('precondition-failed', NOTHING_TO_SEE)
      const result = await run(application, {
        id,
        body: body && (await readBody(req, res, body)),
        seen,
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
        else sendRepresentation(res, status, represent(represents, result), where)
      }
    },
  }
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
