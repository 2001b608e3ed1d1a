import type { Express, Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import type { CrossOrigin } from './cross-origin.ts'
import { noteDeed } from './deeds.ts'
import { deprecationFields } from './deprecation.ts'
import { setFields } from './headers.ts'
import { readQuery } from './input.ts'
import { noteRoute } from './observe.ts'
import type { Operation } from './operation.ts'
import { HttpError } from './problem.ts'

const NO_QUERY = z.strictObject({})

/** One row of the route table. `GET` answers `HEAD` too. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As Express writes it: `/markets/:id`. */
  readonly path: string
  /** Whether it reads the query by a schema of its own; any other refuses parameters. */
  readonly takesQuery?: boolean
  /** What the API's document says of it; null for what is no part of the API, such as a page for people. */
  readonly operation: Operation | null
  readonly handle: (req: Request, res: Response) => void | Promise<void>
}

/** Mounts the table, and for each of its paths the answer to the methods that it does not have. */
export function mount(app: Express, routes: readonly Route[], crossOrigin: CrossOrigin): void {
  for (const [path, rows] of Map.groupBy(routes, (route) => route.path)) {
    const place = app.route(path).all(noting(path))
    const shared = rows.some(isShared)
    if (shared) place.all(marking(crossOrigin))
    for (const row of rows) {
      const method = row.method.toLowerCase() as Lowercase<Route['method']>
      const handle = row.takesQuery ? row.handle : withoutQuery(row.handle)
      const announced = deprecationFields(row.operation)
      if (announced.length > 0) place[method](announcing(announced))
      place[method](row.method === 'GET' ? handle : notingDeed(row, handle))
    }
    place.all(refuseMethod(allowed(rows), shared ? crossOrigin : undefined))
  }
}

/** The `Allow` field for a path. */
export function allowed(rows: readonly Pick<Route, 'method'>[]): string {
  const methods = rows.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return [...methods, 'OPTIONS'].join(', ')
}

function noting(path: string): RequestHandler {
  return (_req, res, next) => {
    noteRoute(res, path)
    next()
  }
}

/**
 * Whether pages of other origins may ask: what is in the API, but not what scrapers and orchestrators ask, which may
 * answer this machine more than others.
 */
export function isShared({ operation }: Pick<Route, 'operation'>): boolean {
  return operation !== null && (operation.tag !== 'Service' || operation.id === 'getDocument')
}

function marking(crossOrigin: CrossOrigin): RequestHandler {
  return (req, res, next) => {
    crossOrigin.mark(req, res)
    next()
  }
}

function announcing(fields: readonly string[]): RequestHandler {
  return (_req, res, next) => {
    setFields(res, fields)
    next()
  }
}

function notingDeed({ operation, method, path }: Route, handle: Route['handle']): Route['handle'] {
  return (req, res) => {
    noteDeed(req, operation?.id ?? `${method} ${path}`)
    return handle(req, res)
  }
}

function withoutQuery(handle: Route['handle']): Route['handle'] {
  return (req, res) => {
    readQuery(req.url, NO_QUERY)
    return handle(req, res)
  }
}

function refuseMethod(allow: string, crossOrigin: CrossOrigin | undefined): Route['handle'] {
  return (req, res) => {
    res.setHeader('Allow', allow)
    if (req.method !== 'OPTIONS') throw new HttpError('method-not-allowed')
    crossOrigin?.answerPreflight(req, res, allow)
    res.writeHead(204).end()
  }
}
