import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Reading } from '../../application/consistency/reading.ts'
import type { Viewer } from '../../application/ports/token-issuer.ts'
import type { Application } from '../../application/use-cases.ts'
import type { Fail } from './error-handler.ts'
import type { Access } from './kit/access.ts'
import { paramsOf, type ReadRoute, toldBy } from './kit/api-route.ts'
import { CrossOrigin } from './kit/cross-origin.ts'
import { deprecationFields } from './kit/deprecation.ts'
import { setFields } from './kit/headers.ts'
import { isPage, neighbours } from './kit/neighbours.ts'
import { noteRoute, type RequestObserver } from './kit/observe.ts'
import { HttpError } from './kit/problem.ts'
import { RecentlyUsed } from './kit/recently-used.ts'
import type { RequestIds } from './kit/request-id.ts'
import { type Sending, sendReading } from './kit/respond.ts'
import { isShared, type Route } from './kit/routes.ts'

const noLinks = (): readonly string[] => []
const NOT_SHARED = new CrossOrigin([])

type Answer = (req: IncomingMessage, res: ServerResponse) => Promise<void>

/** URLs whose question is remembered, and the longest of them; together some 2 MB at most. */
const MOST_KNOWN = 2000
const LONGEST_KNOWN = 256

/**
 * The short way of cached reads. A URL's first request passes through Express, which finds its route, and validates
 * its parameters; what it asks for is remembered, and later requests for the same URL are answered from here: admitted,
 * read and sent, and nothing else. Whatever middleware does for a cached read must therefore be done here, too.
 */
export class CachedReads {
  readonly #known = new RecentlyUsed<Answer>(MOST_KNOWN)
  readonly #observer: RequestObserver
  readonly #fail: Fail
  readonly #ids: RequestIds
  readonly #crossOrigin: CrossOrigin

  constructor(observer: RequestObserver, fail: Fail, ids: RequestIds, crossOrigin: CrossOrigin) {
    this.#observer = observer
    this.#fail = fail
    this.#ids = ids
    this.#crossOrigin = crossOrigin
  }

  /** The row for Express: the long way, which remembers. */
  route(row: ReadRoute, access: Access, application: Application): Route {
    const { path, read, name, operation, told } = row
    const crossOrigin = isShared(row) ? this.#crossOrigin : NOT_SHARED
    const varies = [
      read.audience !== 'everybody' && 'Authorization',
      crossOrigin.varies && 'Origin',
      'Accept-Encoding',
    ]
    const sending: Sending = { ...row, vary: varies.filter((each) => each !== false).join(', ') }
    const announced = deprecationFields(operation)
    const fields = (req: IncomingMessage) => [
      'X-Request-Id',
      this.#ids.of(req),
      ...crossOrigin.fields(req),
      ...announced,
    ]
    // A page for people looks at no token.
    const admit = (req: IncomingMessage) =>
      operation === null ? undefined : access.reader(req, read.audience)
    const useCase = application[name] as (params: object, viewer?: Viewer) => Promise<Reading<unknown>>
    const ask = (params: object, viewer: Viewer | undefined) =>
      useCase(
        viewer === undefined || told.length === 0 ? params : { ...params, ...toldBy(viewer, told) },
        viewer,
      )
    return {
      method: 'GET',
      path,
      takesQuery: true,
      operation,
      handle: async (req, res) => {
        const viewer = await admit(req)
        const params = paramsOf(row, req.params, req.url)
        const links = operation !== null && isPage(params) ? neighbours(req.url, params) : noLinks
        const answer = (req: IncomingMessage, res: ServerResponse, reading: Reading<unknown>) =>
          send(req, res, reading, sending, [...fields(req), ...links(reading.body)])
        answer(req, res, await ask(params, viewer))
        this.#remember(req.url, async (req, res) => {
          const start = this.#observer.now()
          noteRoute(res, path)
          try {
            const admitted = admit(req)
            const viewer = admitted instanceof Promise ? await admitted : admitted
            answer(req, res, await ask(params, viewer))
          } catch (error) {
            res.setHeader('X-Request-Id', this.#ids.of(req))
            crossOrigin.mark(req, res)
            setFields(res, announced)
            this.#fail(error, req, res)
          }
          this.#observer.answered(req, res, start)
        })
      },
    }
  }

  /**
   * `next` answers what is not known. Requests that came in one turn of the event loop are answered at its end, one right
   * after the other: that takes a sixth less CPU than to read and to write by turns (0050).
   */
  before(next: RequestListener): RequestListener {
    let due: (() => Promise<void>)[] = []
    const answerAll = () => {
      const all = due
      due = []
      for (const answer of all) answer()
    }
    return (req, res) => {
      const isRead = req.method === 'GET' || req.method === 'HEAD'
      const answer = isRead ? this.#known.get(req.url!) : undefined
      if (answer === undefined) next(req, res)
      else if (due.push(() => answer(req, res)) === 1) setImmediate(answerAll)
    }
  }

  #remember(url: string, answer: Answer): void {
    if (url.length <= LONGEST_KNOWN) this.#known.set(url, answer)
  }
}

/** @throws HttpError `route-not-found` for what does not exist, and has no name but its address */
function send(
  req: IncomingMessage,
  res: ServerResponse,
  reading: Reading<unknown>,
  sending: Sending,
  fields: readonly string[],
): void {
  if (!reading.exists) throw new HttpError('route-not-found')
  sendReading(req, res, reading, sending, fields)
}
