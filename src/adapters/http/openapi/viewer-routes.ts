import type { Route } from '../kit/routes.ts'
import { sendFile } from '../kit/static-file.ts'

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
  return [
    fileRoute('/docs', './viewer.html', {
      'Content-Security-Policy': POLICY,
      'Referrer-Policy': 'no-referrer',
    }),
    fileRoute('/docs/viewer.js', './viewer.js'),
    fileRoute('/docs/swagger-ui.css', 'swagger-ui-dist/swagger-ui.css'),
    fileRoute('/docs/swagger-ui-bundle.js', 'swagger-ui-dist/swagger-ui-bundle.js'),
    fileRoute('/docs/favicon.png', 'swagger-ui-dist/favicon-32x32.png'),
  ]
}

/** Serves a file beside this one, or of a package. */
function fileRoute(path: string, specifier: string, headers: Readonly<Record<string, string>> = {}): Route {
  const file = new URL(import.meta.resolve(specifier))
  return {
    method: 'GET',
    path,
    takesQuery: true,
    operation: null,
    handle: (req, res) => sendFile(req, res, file, { headers: Object.entries(headers) }),
  }
}
