import { hash } from 'node:crypto'
import type { HeaderName } from '../kit/headers.ts'
import { namesEtag } from '../kit/respond.ts'
import type { Route } from '../kit/routes.ts'
import { documentView } from '../system/system-routes.ts'
import { openApiDocument } from './document.ts'

const PATH = '/openapi.json'
const HEADERS: readonly HeaderName[] = ['ETag', 'Cache-Control']

/** The document of these routes and of itself, made when it is first asked for, at once and for all who ask. */
export function documentRoute(routes: readonly Route[]): Route {
  let document: { readonly bytes: Buffer; readonly etag: string } | undefined
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
          headers: HEADERS,
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
      const { bytes, etag } = document
      // Another version of the service has another document under the same URL.
      res.setHeader('Cache-Control', 'no-cache').setHeader('ETag', etag)
      const ifNoneMatch = req.headers['if-none-match']
      if (ifNoneMatch !== undefined && namesEtag(ifNoneMatch, etag)) {
        res.writeHead(304).end()
        return
      }
      res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': bytes.length }).end(bytes)
    },
  }
  return route
}

function documentOf(routes: readonly Route[]): { bytes: Buffer; etag: string } {
  const bytes = Buffer.from(JSON.stringify(openApiDocument(routes)))
  return { bytes, etag: `"${hash('sha256', bytes, 'base64url').slice(0, 27)}"` }
}
