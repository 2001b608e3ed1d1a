import type { ServerResponse } from 'node:http'
import { MarketflowError } from '../../../domain/errors.ts'
import type { Route } from '../routes.ts'
import type { HeaderList } from '../security-headers.ts'
import { type Asset, ICON, STYLESHEET } from './assets.ts'

const ASSETS = [STYLESHEET, ICON]

/** The files that pages link to. */
export function assetRoutes(headers: HeaderList): Route[] {
  return [
    {
      method: 'GET',
      path: '/assets/:file',
      takesQuery: true,
      operation: null,
      handle(req, res) {
        const path = `/assets/${req.params.file}`
        const asset = ASSETS.find((each) => each.path === path)
        if (asset !== undefined) return send(res, asset, headers, 'public, max-age=31536000, immutable')
        // While a new release is rolled out, a page of one instance may ask another for its stylesheet.
        const cousin = ASSETS.find((each) => withoutDigest(each.path) === withoutDigest(path))
        if (cousin === undefined) throw new MarketflowError('route-not-found')
        send(res, cousin, headers, 'no-cache')
      },
    },
  ]
}

function withoutDigest(path: string): string {
  return path.replace(/\.[\w-]+\.(?=\w+$)/, '.')
}

function send(
  res: ServerResponse,
  { contentType, body }: Asset,
  headers: HeaderList,
  cacheControl: string,
): void {
  res.writeHead(200, {
    ...Object.fromEntries(headers),
    'Content-Type': contentType,
    'Content-Length': body.length,
    'Cache-Control': cacheControl,
  })
  res.end(body)
}
