import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, type RequestListener, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { MARKET_ID as MARKET, VENDOR_ID as SELLER } from '../../../src/adapters/http/api/examples.ts'
import { createApp } from '../../../src/adapters/http/app.ts'
import type { RequestReport } from '../../../src/adapters/http/kit/observe.ts'
import { RateLimits } from '../../../src/adapters/http/kit/rate-limits.ts'
import { listen, type ServerLimits } from '../../../src/adapters/http/server.ts'
import { READY } from '../../../src/adapters/http/system/system-routes.ts'
import { SystemClock } from '../../../src/adapters/system/system-clock.ts'
import { SystemRandom } from '../../../src/adapters/system/system-random.ts'
import { Reading, type ReadStatus } from '../../../src/application/consistency/reading.ts'
import type { View } from '../../../src/application/consistency/view.ts'
import {
  type IssuedToken,
  type TokenClaims,
  TokenIssuer,
  type Viewer,
} from '../../../src/application/ports/token-issuer.ts'
import { type Application, READS, USE_CASES } from '../../../src/application/use-cases.ts'
import { Account } from '../../../src/domain/account.ts'
import { MarketflowError } from '../../../src/domain/errors.ts'
import { ROUTES } from '../../support/api-document.ts'

export const MARKET_ID = MARKET
export const VENDOR_ID = SELLER
export const ORGANIZER: Viewer = {
  accountId: '1a2b3c4d-0000-4000-8000-000000000001',
  role: 'organizer',
  vendorId: null,
}
export const VENDOR: Viewer = {
  accountId: '1a2b3c4d-0000-4000-8000-000000000002',
  role: 'vendor',
  vendorId: VENDOR_ID,
}

const VIEWERS = new Map([
  ['organizer-token', ORGANIZER],
  ['vendor-token', VENDOR],
])

class FakeTokens extends TokenIssuer {
  async issue({ role }: Viewer): Promise<IssuedToken> {
    return { token: `${role}-token`, expiresAt: new Date(0) }
  }

  async verify(token: string): Promise<TokenClaims> {
    return { ...holderOf(token), sessionEpoch: 0 }
  }
}

function holderOf(token: string): Viewer {
  const viewer = VIEWERS.get(token)
  if (viewer === undefined) throw new MarketflowError('unauthenticated')
  return viewer
}

/** A reading whose text and tag a test chooses. */
export function reading<T>(
  view: View<never, T>,
  status: ReadStatus = { kind: 'hit', tier: 'l1', ttlS: 287 },
  body = '{"fake":true}',
): Reading<T> {
  const entry = { body: Buffer.from(body), etag: '"v1"', visibleTo: '', loadedAt: 0, expiresAt: 0, loadMs: 0 }
  return new Reading(view, entry, status)
}

const account = new Account({
  id: VENDOR.accountId,
  email: 'ada@example.org',
  name: 'Ada',
  role: 'vendor',
  passwordHash: 'never shown',
  vendorId: VENDOR_ID,
  createdAt: new Date(0),
})

/** What the API's document shows as the answer of each operation. */
export const EXAMPLES: Readonly<Record<string, unknown>> = Object.fromEntries(
  ROUTES.flatMap(({ operation }) =>
    operation === null ? [] : [[operation.id, operation.answers[0]!.content?.example]],
  ),
)

const signedIn = { account, token: 'vendor-token', expiresAt: new Date(0) }

/** Answers that HTTP makes something else of. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  register: signedIn,
  logIn: signedIn,
  changePassword: signedIn,
  resetPassword: signedIn,
  updateAccount: account,
  getAccount: account,
}

/** Use cases that answer plausibly and write down what they were asked. */
function fakeApplication(calls: [name: string, ...args: unknown[]][]): Application {
  const fakes = Object.keys(USE_CASES).map((name) => {
    const read = READS[name as keyof typeof READS] as { view: View<never, unknown> } | undefined
    const answer = async (...args: unknown[]) => {
      // Whether the client is still there is no part of what it asked.
      calls.push([name, ...args.filter((each) => !(each instanceof AbortSignal))])
      return read === undefined ? (ANSWERS[name] ?? EXAMPLES[name]) : reading(read.view)
    }
    return [name, answer]
  })
  // Part of every call that needs a token, and none that a test asks about.
  return { ...Object.fromEntries(fakes), identify: async (token: string) => holderOf(token) }
}

export interface Ask {
  readonly method?: string
  readonly as?: 'organizer' | 'vendor' | undefined
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** The real app on a free port, over fakes, with a client that knows how to sign in. */
export class TestApi {
  readonly calls: [name: string, ...args: unknown[]][] = []
  readonly reports: RequestReport[] = []
  readonly errors: unknown[] = []
  /** Replace any of these in a test. */
  readonly useCases: { -readonly [Name in keyof Application]: Application[Name] } = fakeApplication(
    this.calls,
  )
  ready = true
  readonly url: string
  readonly app: RequestListener
  readonly close: () => Promise<void>

  private constructor(url: string, app: RequestListener, close: () => Promise<void>) {
    this.url = url
    this.app = app
    this.close = close
  }

  static async start({
    rateLimit = false,
    trustProxy = 0,
    limits = {},
    publicUrl,
    corsOrigins = [],
  }: {
    rateLimit?: boolean
    trustProxy?: number
    limits?: Partial<ServerLimits>
    publicUrl?: string
    corsOrigins?: readonly string[]
  } = {}): Promise<TestApi> {
    let api: TestApi | undefined
    const current = () => api as TestApi
    // Through the field, so that a test can replace a use case after the start.
    const application = Object.fromEntries(
      Object.keys(USE_CASES).map((name) => [
        name,
        (...args: never[]) =>
          (current().useCases[name as keyof Application] as (...args: never[]) => unknown)(...args),
      ]),
    ) as unknown as Application
    const app = createApp(application, new FakeTokens(), {
      clock: new SystemClock(),
      random: new SystemRandom(),
      limits: rateLimit ? new RateLimits() : undefined,
      trustProxy,
      publicUrl,
      corsOrigins,
      onRequest: (report) => current().reports.push(report),
      onError: (error) => current().errors.push(error),
      readiness: async () => ({
        ready: current().ready,
        body: { ...READY, database: current().ready ? 'reachable' : 'unreachable' },
      }),
      metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
    })
    const server = await listen(app, { host: '127.0.0.1', port: 0, lingerMs: 0, limits, publicUrl })
    api = new TestApi(server.url, app, server.close)
    return api
  }

  fetch(path: string, { method = 'GET', as, body, headers = {} }: Ask = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(as !== undefined && { authorization: `Bearer ${as}-token` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }

  /** Without what `fetch` adds and undoes: the bytes as they were sent. */
  async raw(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<RawAnswer> {
    const asked = request(this.url + path, { headers, method })
    asked.end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) }
  }
}

interface RawAnswer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}
