import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Request } from 'express'
import type { Reading } from '../../application/consistency/reading.ts'
import type { Fail } from './error-handler.ts'
import { noteRoute, type RequestObserver } from './observe.ts'
import type { Operation } from './openapi/operation.ts'
import { Recent } from './recent.ts'
import type { Route } from './routes.ts'
import { type Sending, sendReading } from './send-reading.ts'

/** A row of the route table that is answered from a cached view. */
export interface CachedRead<Viewer> extends Sending {
  readonly path: string
  readonly takesQuery?: boolean
  readonly operation: Operation | null
  /** Who is asking. @throws MarketflowError where they may not */
  readonly admit: (req: IncomingMessage) => Viewer | Promise<Viewer>
  /** What the URL asks for. Looks at nothing but the URL: its result is remembered. @throws MarketflowError */
  readonly question: (req: Request) => (viewer: Viewer) => Promise<Reading<unknown>>
}

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
  readonly #known = new Recent<Answer>(MOST_KNOWN)
  readonly #observer: RequestObserver
  readonly #fail: Fail

  constructor(observer: RequestObserver, fail: Fail) {
    this.#observer = observer
    this.#fail = fail
  }

  /** The row for Express: the long way, which remembers. */
  route<Viewer>(row: CachedRead<Viewer>): Route {
    const { path, takesQuery = false, operation, admit, question } = row
    return {
      method: 'GET',
      path,
      takesQuery,
      operation,
      handle: async (req, res) => {
        const viewer = await admit(req)
        const read = question(req)
        sendReading(req, res, await read(viewer), row)
        this.#remember(req.url, async (req, res) => {
          const start = this.#observer.now()
          noteRoute(res, path)
          try {
            const admitted = admit(req)
            const viewer = admitted instanceof Promise ? await admitted : admitted
            sendReading(req, res, await read(viewer), row)
          } catch (error) {
            this.#fail(error, req, res)
          }
          this.#observer.answered(req, res, start)
        })
      },
    }
  }

  /** `next` answers what is not known. */
  before(next: RequestListener): RequestListener {
    return (req, res) => {
      const isRead = req.method === 'GET' || req.method === 'HEAD'
      const answer = isRead ? this.#known.get(req.url!) : undefined
      if (answer === undefined) next(req, res)
      else answer(req, res)
    }
  }

  #remember(url: string, answer: Answer): void {
    if (url.length <= LONGEST_KNOWN) this.#known.set(url, answer)
  }
}
