import type { Application } from '../../../application/use-cases.ts'
import type { Access } from './access.ts'
import { readBody } from './body.ts'
import { clientGone } from './client-gone.ts'
import { noteActor, noteMade } from './deeds.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Route } from './routes.ts'
import { sendJson, sendNothing } from './send-json.ts'
import { type CallRoute, pathValues } from './api-route.ts'

/** The row for Express: lets the request in, reads what it brings, asks the use case, and answers as documented. */
export function callRoute(
  { method, path, operation, body, missing, run, location }: CallRoute,
  access: Access,
  application: Application,
  limits: RateLimits | undefined,
): Route {
  const { token, answers } = operation
  const { status } = answers[0]!
  const admit = method === 'GET' ? access.caller : access.writer
  return {
    method,
    path,
    operation,
    async handle(req, res) {
      const viewer = await admit.call(access, req, token)
      const { id = '' } = pathValues(req.params, missing)
      const result = await run(application, {
        id,
        body: body && (await readBody(req, res, body)),
        viewer: viewer as never,
        address: req.ip ?? '',
        signal: clientGone(res),
        actsAs: (account) => noteActor(req, account),
        limits,
      })
      if (status === 201 && hasId(result)) noteMade(req, result.id)
      if (status === 204) sendNothing(res)
      else sendJson(res, status, result, location && { Location: location(result as never) })
    },
  }
}

function hasId(result: unknown): result is { readonly id: string } {
  return typeof (result as { id?: unknown } | null)?.id === 'string'
}
