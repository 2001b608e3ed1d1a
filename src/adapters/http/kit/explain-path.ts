import type { ExplainView, Explanation } from '../../../application/consistency/explanation.ts'
import type { PageRenderer } from '../../../application/ports/page-renderer.ts'
import type { Dependencies } from '../../../application/use-case/use-case.ts'
import { questionAt, type ReadRoute } from './api-route.ts'
import { asHttpError, HttpError } from './problem.ts'
import { queryProperties } from './schemas.ts'

/**
 * Explains the view that a path of the service reads, such as `/markets?city=lisbon`, by the row that serves it.
 * @throws HttpError `validation-failed` telling which paths there are, or whatever the path is refused with
 */
export async function explainPath(
  explain: ExplainView,
  renderer: PageRenderer,
  routes: readonly ReadRoute[],
  needs: Pick<Dependencies, 'reads' | 'clock'>,
  path: string,
): Promise<Explanation> {
  const { route, params } = questionOf(routes, path)
  const now = await route.read.params(params as never, needs)
  return explain.execute(route.read.cachedAs(renderer), now as never)
}

function questionOf(routes: readonly ReadRoute[], path: string) {
  const { pathname, search } = located(path, routes)
  let found: ReturnType<typeof questionAt>
  try {
    found = questionAt(routes, pathname + search)
  } catch (error) {
    throw asHttpError(error)
  }
  if (found === undefined) throw notCached(path, routes)
  return found
}

/** A path, or a whole URL. */
function located(path: string, routes: readonly ReadRoute[]): URL {
  const url = URL.parse(path.startsWith('/') ? `http://marketflow.invalid${path}` : path)
  if (url === null || !/^https?:$/.test(url.protocol)) throw notCached(path, routes)
  return url
}

function notCached(path: string, routes: readonly ReadRoute[]): HttpError {
  const message = `is not cached. Cached are ${routes.map(formOf).join(', ')}`
  return new HttpError('validation-failed', `${path} ${message}`, {
    errors: [{ path: 'path', message }],
  })
}

/** `/markets[?page=&page_size=&city=]` */
function formOf({ path, query, told }: ReadRoute): string {
  const names = [...told, ...Object.keys(queryProperties(query))].map((name) => `${name}=`)
  const parameters = names.length === 0 ? '' : `[?${names.join('&')}]`
  return path.replaceAll(/:(\w+)/g, '{$1}') + parameters
}
