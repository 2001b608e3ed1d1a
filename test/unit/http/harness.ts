import { createApp } from '../../../src/adapters/http/app.ts'
import type { RequestReport } from '../../../src/adapters/http/observe.ts'
import { READY } from '../../../src/adapters/http/openapi/examples.ts'
import { RateLimits } from '../../../src/adapters/http/rate-limits.ts'
import { listen, type ServerLimits } from '../../../src/adapters/http/server.ts'
import type { UseCases } from '../../../src/adapters/http/use-cases.ts'
import { SystemClock } from '../../../src/adapters/system/system-clock.ts'
import { SystemRandom } from '../../../src/adapters/system/system-random.ts'
import { Reading, type ReadStatus } from '../../../src/application/consistency/reading.ts'
import type { View } from '../../../src/application/consistency/view.ts'
import { type TokenClaims, TokenIssuer, type Viewer } from '../../../src/application/ports/token-issuer.ts'
import { VIEWS } from '../../../src/application/tables/view-table.ts'
import { Account } from '../../../src/domain/account.ts'
import { MarketflowError } from '../../../src/domain/errors.ts'

export const MARKET_ID = '0b8f3f0a-8a44-4b0a-9d7c-3b8b7c1a2d3e'
export const VENDOR_ID = '5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d'
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
  async issue({ role }: Viewer): Promise<string> {
    return `${role}-token`
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

const detail = {
  id: MARKET_ID,
  slug: 'a-market',
  name: 'A market',
  city: 'Chicago',
  stall_count: 3,
  vendor_count: 0,
  description: '',
  status: 'draft' as const,
  organizer: { id: ORGANIZER.accountId, name: 'Olga' },
  vendors: [],
  created_at: '2026-11-22T21:26:00.000Z',
  updated_at: '2026-11-22T21:26:00.000Z',
}

const profile = { id: VENDOR_ID, business_name: '', category: '', description: '', website: '', markets: [] }

const application = {
  id: '7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d',
  market_id: MARKET_ID,
  market_name: 'A market',
  vendor_id: VENDOR_ID,
  business_name: 'Bees',
  status: 'pending' as const,
  message: '',
  created_at: detail.created_at,
  updated_at: detail.updated_at,
}

/** Use cases that answer plausibly and write down what they were asked. */
export function fakeUseCases(calls: [name: string, ...args: unknown[]][]): UseCases {
  const answering = <T>(name: string, answer: () => T) => ({
    execute: async (...args: unknown[]): Promise<T> => {
      calls.push([name, ...args])
      return answer()
    },
  })
  return {
    registerAccount: answering('registerAccount', () => ({ account, token: 'vendor-token' })),
    logIn: answering('logIn', () => ({ account, token: 'vendor-token' })),
    // Part of every call that needs a token, and none that a test asks about.
    identify: { execute: async (token) => holderOf(token) },
    getAccount: answering('getAccount', () => account),
    changePassword: answering('changePassword', () => ({ account, token: 'vendor-token' })),
    signOutEverywhere: answering('signOutEverywhere', () => undefined),
    listMarkets: answering('listMarkets', () => reading(VIEWS.marketListing)),
    getMarket: answering('getMarket', () => reading(VIEWS.marketDetail)),
    getMarketStats: answering('getMarketStats', () => reading(VIEWS.marketStats)),
    createMarket: answering('createMarket', () => detail),
    updateMarket: answering('updateMarket', () => detail),
    listApplications: answering('listApplications', () => reading(VIEWS.marketApplications)),
    applyToMarket: answering('applyToMarket', () => application),
    acceptApplication: answering('acceptApplication', () => 'accepted' as const),
    rejectApplication: answering('rejectApplication', () => 'rejected' as const),
    waitlistApplication: answering('waitlistApplication', () => 'waitlisted' as const),
    withdrawApplication: answering('withdrawApplication', () => 'withdrawn' as const),
    getVendor: answering('getVendor', () => reading(VIEWS.vendorProfile)),
    getVendorDashboard: answering('getVendorDashboard', () => reading(VIEWS.vendorDashboard)),
    updateVendor: answering('updateVendor', () => profile),
    getOrganizerDashboard: answering('getOrganizerDashboard', () => reading(VIEWS.organizerDashboard)),
    browseMarkets: answering('browseMarkets', () => reading(VIEWS.marketsPage)),
    showMarket: answering('showMarket', () => reading(VIEWS.marketPage)),
    showSitemap: answering('showSitemap', () => reading(VIEWS.sitemapIndex)),
  }
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
  readonly useCases: { -readonly [Name in keyof UseCases]: UseCases[Name] } = fakeUseCases(this.calls)
  ready = true
  readonly url: string
  readonly close: () => Promise<void>

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url
    this.close = close
  }

  static async start({
    rateLimit = false,
    trustProxy = 0,
    limits = {},
    publicUrl,
  }: {
    rateLimit?: boolean
    trustProxy?: number
    limits?: Partial<ServerLimits>
    publicUrl?: string
  } = {}): Promise<TestApi> {
    let api: TestApi | undefined
    const current = () => api as TestApi
    // Through the field, so that a test can replace a use case after the start.
    const useCases = Object.fromEntries(
      Object.keys(fakeUseCases([])).map((name) => [
        name,
        {
          execute: (...args: never[]) =>
            (current().useCases[name as keyof UseCases].execute as (...args: never[]) => unknown)(...args),
        },
      ]),
    ) as unknown as UseCases
    const app = createApp(useCases, new FakeTokens(), {
      clock: new SystemClock(),
      random: new SystemRandom(),
      limits: rateLimit ? new RateLimits() : undefined,
      trustProxy,
      publicUrl,
      onRequest: (report) => current().reports.push(report),
      onError: (error) => current().errors.push(error),
      readiness: async () => ({
        ready: current().ready,
        body: { ...READY, database: current().ready ? 'reachable' : 'unreachable' },
      }),
      metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
    })
    const server = await listen(app, { host: '127.0.0.1', port: 0, limits, publicUrl })
    api = new TestApi(server.url, server.close)
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
}
