import type { z } from 'zod'
import type { HeaderName } from './headers.ts'
import type { ProblemCode } from './problem.ts'

/** What the document says of a route, beside what follows from its method and path. */
export interface Operation {
  /** What a generated client calls it. */
  readonly id: string
  readonly tag: Tag
  readonly summary: string
  /** CommonMark. */
  readonly description?: string
  /** The date, by UTC, since which it is announced that the operation goes: that is `MONTHS_ANNOUNCED` later. */
  readonly deprecatedSince?: string
  readonly token: Token
  readonly query?: z.ZodType
  /** Whether it takes `If-Match`. */
  readonly takesSeen?: boolean
  /** Whether it takes `Idempotency-Key`. */
  readonly takesKey?: boolean
  readonly body?: RequestBody
  readonly answers: readonly Answer[]
  /** What can go wrong beside what any request, token or body can. */
  readonly errors?: readonly ProblemCode[]
}

export const TAGS = {
  Accounts: 'Who signs in, and with what token.',
  Markets: 'Farmers’ markets, from draft to closed.',
  Applications: 'Vendors apply to markets; organizers decide. Accepting never passes `stall_count`.',
  Vendors: 'Those who sell.',
  Organizers: 'Those who run markets.',
  Service: 'For orchestrators, scrapers and tools.',
} as const

export type Tag = keyof typeof TAGS

/**
 * Whose token a request needs. `ignored`: none is looked at. `optional`: none is needed, but a bad one is refused.
 * `account`: anybody's.
 */
export type Token = 'ignored' | 'optional' | 'account' | 'organizer' | 'vendor'

export interface RequestBody {
  readonly schema: z.ZodType
  /** By what they show. */
  readonly examples: Readonly<Record<string, unknown>>
}

export interface Answer {
  readonly status: number
  readonly description: string
  readonly headers: readonly HeaderName[]
  readonly content?: Content
}

interface Content {
  readonly mediaType: string
  readonly schema: z.ZodType
  readonly example: unknown
}

/** A request body; what it shows compiles only if the schema takes it. */
export function takes<Schema extends z.ZodType>(
  schema: Schema,
  examples: Readonly<Record<string, z.input<Schema>>>,
): RequestBody {
  return { schema, examples }
}

/** What `sendReading` answers. */
export function cached<Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  example: z.output<Schema>,
  paged: boolean,
): Answer[] {
  const headers: HeaderName[] = ['ETag', 'Cache-Control', 'Cache-Status', 'Age', 'Vary']
  if (paged) headers.push('Link')
  const encoded: HeaderName[] = [...headers, 'Content-Encoding']
  return [
    {
      status: 200,
      description,
      headers: encoded,
      content: { mediaType: 'application/json', schema, example },
    },
    { status: 304, description: '`If-None-Match` names what would be sent: it is unchanged.', headers },
  ]
}

/** What `sendJson` answers. */
export function json<Schema extends z.ZodType>(
  status: number,
  description: string,
  schema: Schema,
  example: z.output<Schema>,
  headers: readonly HeaderName[] = [],
): Answer {
  const content = { mediaType: 'application/json', schema, example }
  return { status, description, headers: ['Cache-Control', ...headers], content }
}

/** What `sendNothing` answers. */
export function nothing(description: string): Answer {
  return { status: 204, description, headers: ['Cache-Control'] }
}
