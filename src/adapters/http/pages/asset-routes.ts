import { HttpError } from '../kit/problem.ts'
import type { Route } from '../kit/routes.ts'
import type { HeaderList } from '../kit/security-headers.ts'
import { sendFile } from '../kit/static-file.ts'
import { ICON, SCRIPT, STYLESHEET } from './assets.ts'

const ASSETS = [STYLESHEET, SCRIPT, ICON]
const FOR_GOOD = 'public, max-age=31536000, immutable'

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
        if (asset !== undefined) return sendFile(req, res, asset.file, { headers, cacheControl: FOR_GOOD })
        // While a new release is rolled out, a page of one instance may ask another for its stylesheet.
        const cousin = ASSETS.find((each) => withoutDigest(each.path) === withoutDigest(path))
        if (cousin === undefined) throw new HttpError('route-not-found')
        return sendFile(req, res, cousin.file, { headers })
      },
    },
  ]
}

function withoutDigest(path: string): string {
  return path.replace(/\.[\w-]+\.(?=\w+$)/, '.')
}
