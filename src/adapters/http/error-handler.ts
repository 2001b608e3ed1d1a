import type { IncomingMessage, ServerResponse } from 'node:http'
import { presentsToken } from './kit/access.ts'
import { asHttpError, problemHeaders, problemOf, STATUS_OF } from './kit/problem.ts'
import { type RequestIds, requestUrn } from './kit/request-id.ts'
import type { HeaderList } from './kit/security-headers.ts'
import { errorPage } from './pages/error-page.ts'

/** Answers an error. */
export type Fail = (thrown: unknown, req: IncomingMessage, res: ServerResponse) => void

/**
 * Answers every error as a problem, or as a page where a person asked for one. What is our fault goes to `report`; the
 * client learns the request's id and no more.
 */
export function errorHandler(
  ids: RequestIds,
  report: (error: unknown, requestId: string) => void,
  forPages: HeaderList,
): Fail {
  return (thrown, req, res) => {
    const error = asHttpError(thrown)
    const requestId = ids.of(req)
    if (STATUS_OF[error.code] === 500) report(thrown, requestId)
    if (res.headersSent) {
      // Half an answer cannot become another one: cut off, it is at least not taken for whole.
      res.destroy()
      return
    }
    const page = errorPage(req, error)
    const body = Buffer.from(page ?? JSON.stringify(problemOf(error, requestUrn(requestId))))
    const headers = {
      ...problemHeaders(error, presentsToken(req)),
      ...(page !== undefined && {
        ...Object.fromEntries(forPages),
        'Content-Type': 'text/html; charset=utf-8',
      }),
      'Content-Length': body.length,
    }
    res.writeHead(STATUS_OF[error.code], headers).end(body)
  }
}
