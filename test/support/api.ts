import { randomUUID } from 'node:crypto'

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came.
  readonly body: any
}

/** A small HTTP client: sends JSON, reads JSON, and remembers who is signed in. */
export class Api {
  readonly url: string
  readonly token: string | undefined

  constructor(url: string, token?: string) {
    this.url = url
    this.token = token
  }

  as(token: string): Api {
    return new Api(this.url, token)
  }

  /** The same person at another instance. */
  at(url: string): Api {
    return new Api(url, this.token)
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send('GET', path, undefined, headers)
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.#send('POST', path, body)
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.#send('PUT', path, body)
  }

  async #send(
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
    const isJson = response.headers.get('content-type')?.includes('json')
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text ? JSON.parse(text) : undefined,
    }
  }
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

async function register(api: Api, details: Record<string, string>): Promise<Person> {
  const email = `${randomUUID()}@example.org`
  const { status, body, text } = await api.post('/auth/register', { email, password: PASSWORD, ...details })
  if (status !== 201) throw new Error(`register: ${status} ${text}`)
  return { api: api.as(body.token), id: body.account.id, vendorId: body.account.vendor_id, email }
}

/** An active market of this organizer. Returns its id. */
export async function activeMarket(
  { api }: Person,
  props: { name?: string; city?: string; stall_count?: number } = {},
): Promise<string> {
  const created = await api.post('/markets', {
    name: 'Harbor Market',
    city: 'Lisbon',
    stall_count: 3,
    ...props,
  })
  if (created.status !== 201) throw new Error(`create: ${created.status} ${created.text}`)
  const opened = await api.put(`/markets/${created.body.id}`, { status: 'active' })
  if (opened.status !== 200) throw new Error(`open: ${opened.status} ${opened.text}`)
  return created.body.id
}

/** Applies at the market; returns the application's id. */
export async function applied({ api }: Person, marketId: string): Promise<string> {
  const { status, body, text } = await api.post(`/markets/${marketId}/applications`, {
    message: 'Good tomatoes',
  })
  if (status !== 201) throw new Error(`apply: ${status} ${text}`)
  return body.id
}
