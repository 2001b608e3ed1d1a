import type { Route } from '../routes.ts'
import { type StaticContent, sendStatic, staticContent } from '../static-content.ts'
import { documentView } from '../system-views.ts'
import { openApiDocument } from './document.ts'
import type { HeaderName } from './headers.ts'

const PATH = '/openapi.json'
const HEADERS: readonly HeaderName[] = ['ETag', 'Cache-Control']

/** The document of these routes and of itself, made when it is first asked for. */
export function documentRoute(routes: readonly Route[]): Route {
  let content: StaticContent | undefined
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
      content ??= staticContent(documentBytes([...routes, route]), 'application/json')
      sendStatic(req, res, content)
    },
  }
  return route
}

function documentBytes(routes: readonly Route[]): Buffer {
  return Buffer.from(JSON.stringify(openApiDocument(routes)))
}
