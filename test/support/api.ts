import { randomUUID } from 'node:crypto'
import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from '../e2e/client/api.d.ts'
import { assertDocumented } from './documented-answers.ts'

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came.
  readonly body: any
}

/**
 * A small HTTP client that remembers who is signed in: typed by the API's document for walks through the API, and one
 * that takes any path for the rest. Both hold every answer against the document.
 */
export class Api {
  readonly url: string
  readonly token: string | undefined
  readonly client: Client<paths>

  constructor(url: string, token?: string) {
    this.url = url
    this.token = token
    this.client = createClient<paths>({
      baseUrl: url,
      fetch: fetchDocumented,
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    })
  }

  as(token: string): Api {
    return new Api(this.url, token)
  }

  /** The same person at another instance. */
  at(url: string): Api {
    return new Api(url, this.token)
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers)
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.send('POST', path, body)
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.send('PUT', path, body)
  }

  patch(path: string, body: unknown): Promise<Answer> {
    return this.send('PATCH', path, body)
  }

  delete(path: string): Promise<Answer> {
    return this.send('DELETE', path)
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const headers: Record<string, string> = { ...more }
    if (this.token !== undefined) headers.authorization = `Bearer ${this.token}`
    if (body !== undefined) headers['content-type'] = 'application/json'
    const response = await fetch(this.url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    })
    const text = await response.text()
    assertDocumented(method, path, { status: response.status, headers: response.headers, text })
    const isJson = response.headers.get('content-type')?.includes('json')
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text ? JSON.parse(text) : undefined,
    }
  }
}

async function fetchDocumented(request: Request): Promise<Response> {
  const response = await fetch(request, { signal: AbortSignal.timeout(20_000) })
  const { status, headers } = response
  assertDocumented(request.method, request.url, { status, headers, text: await response.clone().text() })
  return response
}

/** What a request was answered that has to succeed. @throws Error otherwise */
export function ok<Data>({
  data,
  error,
  response,
}: {
  data?: Data
  error?: unknown
  response: Response
}): Data {
  if (data === undefined) throw new Error(`${response.url}: ${response.status} ${JSON.stringify(error)}`)
  return data
}

const PASSWORD = 'a long enough password'

export interface Person {
  readonly api: Api
  readonly id: string
  readonly vendorId: string
  readonly email: string
}

export async function organizer(api: Api, name = 'Rosa Organizer'): Promise<Person> {
  return register(api, { name, role: 'organizer' })
}

export async function vendor(api: Api, businessName = 'Green Acres'): Promise<Person> {
  return register(api, {
    name: 'Vera Vendor',
    role: 'vendor',
    business_name: businessName,
    category: 'vegetables',
  })
}

async function register(api: Api, details: Details): Promise<Person> {
  const email = `${randomUUID()}@example.org`
  const body = { email, password: PASSWORD, ...details }
  const { account, token } = ok(await api.client.POST('/auth/register', { body }))
  return { api: api.as(token), id: account.id, vendorId: account.vendor_id ?? '', email }
}

type Registration = components['schemas']['Registration']
/** Of each kind of account what is its own. */
type Details = Registration extends infer Kind
  ? Kind extends Kind
    ? Omit<Kind, 'email' | 'password'>
    : never
  : never

/** An active market of this organizer. Returns its id. */
export async function activeMarket(
  { api }: Person,
  props: { name?: string; city?: string; stall_count?: number; time_zone?: string } = {},
): Promise<string> {
  const body = { name: 'Harbor Market', city: 'Lisbon', stall_count: 3, ...props }
  const { id } = ok(await api.client.POST('/markets', { body }))
  ok(await api.client.PUT('/markets/{id}', { params: { path: { id } }, body: { status: 'active' } }))
  return id
}

/** Applies at the market; returns the application's id. */
export async function applied({ api }: Person, marketId: string): Promise<string> {
  const params = { path: { id: marketId } }
  const body = { message: 'Good tomatoes' }
  return ok(await api.client.POST('/markets/{id}/applications', { params, body })).id
}
