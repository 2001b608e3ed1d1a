import { hash } from 'node:crypto'
import { compress } from '../kit/content-coding.ts'
import type { HeaderName } from '../kit/headers.ts'
import { sendNegotiated } from '../kit/respond.ts'
import type { Route } from '../kit/routes.ts'
import { documentView } from '../system/system-routes.ts'
import { openApiDocument } from './document.ts'

const PATH = '/openapi.json'
const HEADERS: readonly HeaderName[] = ['ETag', 'Cache-Control', 'Vary']

/** The document of these routes and of itself, made when it is first asked for, at once and for all who ask. */
export function documentRoute(routes: readonly Route[]): Route {
  let document: ReturnType<typeof documentOf> | undefined
  const route: Route = {
    method: 'GET',
    path: PATH,
    operation: {
      id: 'getDocument',
      tag: 'Service',
      summary: 'Get this document',
      description: 'People read it at `/docs`.',
      token: 'ignored',
      answers: [
        {
          status: 200,
          description: 'OpenAPI 3.1.',
          headers: [...HEADERS, 'Content-Encoding'],
          content: { mediaType: 'application/json', schema: documentView, example: { openapi: '3.1.1' } },
        },
        {
          status: 304,
          description: '`If-None-Match` names this document: it is unchanged.',
          headers: HEADERS,
        },
      ],
    },
    handle(req, res) {
      document ??= documentOf([...routes, route])
      // Another version of the service has another document under the same URL.
      const vary = res.hasHeader('Vary') ? `${res.getHeader('Vary')}, Accept-Encoding` : 'Accept-Encoding'
      const headers = ['Cache-Control', 'no-cache', 'Vary', vary]
      sendNegotiated(req, res, document, headers, 'application/json')
    },
  }
  return route
}

function documentOf(routes: readonly Route[]) {
  const body = Buffer.from(JSON.stringify(openApiDocument(routes)))
  return { body, encoded: compress(body), etag: `"${hash('sha256', body, 'base64url').slice(0, 27)}"` }
}
