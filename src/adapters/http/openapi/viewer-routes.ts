import { readFile } from 'node:fs/promises'
import type { Route } from '../routes.ts'
import { type StaticContent, sendStatic, staticContent } from '../static-content.ts'

const HTML = 'text/html; charset=utf-8'
const CSS = 'text/css; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'

/**
 * Everything comes from here, and nothing else runs. Swagger UI needs two exceptions: it sets style attributes, and
 * its style sheet holds pictures as `data:`.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** A page that shows the document and tries it out: Swagger UI, from its package, with no file from another host. */
export function viewerRoutes(): Route[] {
  const page = { 'Content-Security-Policy': POLICY, 'Referrer-Policy': 'no-referrer' }
  return [
    fileRoute('/docs', './viewer.html', HTML, page),
    fileRoute('/docs/viewer.js', './viewer.js', SCRIPT),
    fileRoute('/docs/swagger-ui.css', 'swagger-ui-dist/swagger-ui.css', CSS),
    fileRoute('/docs/swagger-ui-bundle.js', 'swagger-ui-dist/swagger-ui-bundle.js', SCRIPT),
    fileRoute('/docs/favicon.png', 'swagger-ui-dist/favicon-32x32.png', 'image/png'),
  ]
}

/** Serves a file beside this one, or of a package. It is read when it is first asked for, and then kept. */
function fileRoute(
  path: string,
  specifier: string,
  contentType: string,
  headers: Readonly<Record<string, string>> = {},
): Route {
  let content: StaticContent | undefined
  return {
    method: 'GET',
    path,
    operation: null,
    async handle(req, res) {
      content ??= staticContent(await readFile(new URL(import.meta.resolve(specifier))), contentType, headers)
      sendStatic(req, res, content)
    },
  }
}
