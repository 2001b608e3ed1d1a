import type { Response } from 'express'
import { z } from 'zod'
import type { Explanation } from '../../../application/consistency/explanation.ts'
import type { Clock } from '../../../application/consistency/ports/clock.ts'
import type { MarketDetail } from '../../../application/views/views.ts'
import { ACCOUNT_LIMITS } from '../../../domain/account.ts'
import { MARKET_LIMITS } from '../../../domain/market.ts'
import { noteActor } from '../kit/deeds.ts'
import { readBody, readForm, readQuery } from '../kit/input.ts'
import { HttpError } from '../kit/problem.ts'
import type { RateLimits } from '../kit/rate-limits.ts'
import { sendJson } from '../kit/respond.ts'
import type { Route } from '../kit/routes.ts'
import { sendFile } from '../kit/static-file.ts'
import { ADMIN_HEADERS, consolePage, signInPage } from './admin-pages.ts'
import { streamSnapshots, type Watched } from './live-updates.ts'
import { OperatorAccess } from './operator-access.ts'

/** What the operator's page shows and does. */
export interface OperatorsConsole extends Watched {
  /** `ADMIN_TOKEN` */
  readonly token: string
  /** @throws HttpError `validation-failed` for a path that is not cached, `cache-unavailable` */
  readonly explain: (path: string) => Promise<Explanation>
  readonly invalidate: (tags: readonly string[]) => Promise<void>
  /** @throws MarketflowError `market-not-found`, `organizer-not-found`, `market-claimed` */
  readonly assign: (slug: string, email: string) => Promise<MarketDetail>
}

/** The stream of snapshots. */
export const LIVE_PATH = '/admin/live'

const MOST_TAGS = 100
const explainQuery = z.strictObject({ path: z.string('expected a path such as /markets').max(2000) })
const invalidateBody = z.strictObject({
  tags: z
    .array(z.string().min(1, 'expected a tag').max(300))
    .min(1, 'expected at least one tag')
    .max(MOST_TAGS),
})

const assignBody = z.strictObject({
  slug: z.string('expected the last part of a market’s address').max(MARKET_LIMITS.slug),
  email: z.string('expected an organizer’s e-mail address').max(ACCOUNT_LIMITS.email),
})

/** The operator's page, and what it asks. Scripts may ask the same with `Authorization: Bearer ADMIN_TOKEN`. */
export function adminRoutes(
  console: OperatorsConsole,
  clock: Clock,
  limits: RateLimits | undefined,
): Route[] {
  const access = new OperatorAccess(console.token, clock, limits)
  const guarded = (handle: Route['handle']): Route['handle'] => {
    return async (req, res) => {
      await access.assert(req)
      noteActor(req, 'operator')
      return handle(req, res)
    }
  }
  return [
    {
      method: 'GET',
      path: '/admin',
      takesQuery: true,
      operation: null,
      async handle(req, res) {
        try {
          await access.assert(req)
        } catch {
          res.redirect(303, '/admin/sign-in')
          return
        }
        sendPage(res, 200, consolePage())
      },
    },
    {
      method: 'GET',
      path: '/admin/sign-in',
      takesQuery: true,
      operation: null,
      handle: (_req, res) => sendPage(res, 200, signInPage()),
    },
    {
      method: 'POST',
      path: '/admin/sign-in',
      operation: null,
      async handle(req, res) {
        const { token = '' } = await readForm(req, res)
        try {
          await access.assertToken(token, req)
        } catch (error) {
          if (!(error instanceof HttpError)) throw error
          const tooMany = error.code === 'rate-limited'
          if (tooMany) res.setHeader('Retry-After', String(error.retryAfterS))
          const problem = tooMany ? 'Too many attempts. Try again later.' : 'That is not the token.'
          sendPage(res, tooMany ? 429 : 403, signInPage(problem))
          return
        }
        res.setHeader('Set-Cookie', access.openSession(req.secure))
        res.redirect(303, '/admin')
      },
    },
    {
      method: 'POST',
      path: '/admin/sign-out',
      operation: null,
      async handle(req, res) {
        res.setHeader('Set-Cookie', await access.closeSession(req))
        res.redirect(303, '/admin/sign-in')
      },
    },
    {
      method: 'GET',
      path: LIVE_PATH,
      operation: null,
      handle: guarded((req, res) => streamSnapshots(req, res, console, clock, () => access.hasEnded(req))),
    },
    {
      method: 'GET',
      path: '/admin/explain',
      operation: null,
      takesQuery: true,
      handle: guarded(async (req, res) => {
        const explanation = await console.explain(readQuery(req.url, explainQuery).path)
        sendJson(res, 200, { instance: console.instance, ...explanation })
      }),
    },
    {
      method: 'POST',
      path: '/admin/invalidate',
      operation: null,
      handle: guarded(async (req, res) => {
        const { tags } = await readBody(req, res, invalidateBody)
        await console.invalidate(tags)
        sendJson(res, 200, { invalidated: tags })
      }),
    },
    {
      method: 'POST',
      path: '/admin/assign',
      operation: null,
      handle: guarded(async (req, res) => {
        const { slug, email } = await readBody(req, res, assignBody)
        const { id, name, organizer } = await console.assign(slug, email)
        sendJson(res, 200, { assigned: { id, slug, name, organizer } })
      }),
    },
    asset('console.js'),
    asset('console.css'),
  ]
}

function sendPage(res: Response, status: number, page: string): void {
  res.writeHead(status, ADMIN_HEADERS).end(page)
}

/** The files hold nothing secret, and are asked for again after every release: `no-cache` is enough. */
function asset(name: string): Route {
  const file = new URL(`assets/${name}`, import.meta.url)
  return {
    method: 'GET',
    path: `/admin/${name}`,
    operation: null,
    handle: (req, res) => sendFile(req, res, file),
  }
}
