import { type HeaderName, headersObject } from '../kit/headers.ts'
import type { Operation } from '../kit/operation.ts'
import { HttpError, type ProblemCode, problem, problemOf, STATUS_OF } from '../kit/problem.ts'
import { schemaRef } from '../kit/schemas.ts'

/** What can go wrong with whatever is asked: told once for all operations. */
export const ANYWHERE: readonly ProblemCode[] = [
  'database-unavailable',
  'internal',
  'overloaded',
  'payload-too-large',
  'rate-limited',
  'unsupported-media-type',
  'uri-too-long',
]

/** What can go wrong with an operation beside that, by status. */
export function errorsOf(method: string, operation: Operation): Map<number, ProblemCode[]> {
  const { token, errors = [] } = operation
  // Any query and any percent-encoding in a path can be wrong.
  const codes = new Set<ProblemCode>(['validation-failed', ...errors])
  if (token !== 'ignored') codes.add('unauthenticated')
  if (token === 'organizer' || token === 'vendor') codes.add('forbidden')
  if (method !== 'GET') codes.add('malformed-json')
  return Map.groupBy([...codes].filter((code) => !ANYWHERE.includes(code)).sort(), (code) => STATUS_OF[code])
}

/** What the component for these errors is called: each code's words, joined by `Or`. */
export function problemName(codes: readonly ProblemCode[]): string {
  return codes === ANYWHERE ? 'Anywhere' : codes.map(pascal).join('Or')
}

/** An answer that is a problem with one of these codes. */
export function problemResponse(codes: readonly ProblemCode[]) {
  const errors = codes.map((code) => new HttpError(code, undefined, DETAILS[code]))
  const statuses = [...new Set(codes.map((code) => STATUS_OF[code]))]
  return {
    description: errors.map(({ code, message }) => `${message} (\`${code}\`).`).join(' '),
    headers: headersObject(headerNames(statuses)),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            schemaRef(problem),
            { type: 'object', properties: { status: { enum: statuses }, code: { enum: codes } } },
          ] as const,
        },
        examples: Object.fromEntries(
          errors.map((error) => [error.code, { value: problemOf(error, INSTANCE) }]),
        ),
      },
    },
  }
}

const INSTANCE = 'urn:uuid:7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d'

/** What the examples name beside code and title. */
const DETAILS: Partial<Record<ProblemCode, ConstructorParameters<typeof HttpError>[2]>> = {
  'validation-failed': {
    errors: [{ path: 'query.page', message: 'expected a whole number from 1 to 1000000, given once' }],
  },
}

/** How many requests of a kind are allowed, and left. */
export const LIMITS: readonly HeaderName[] = ['RateLimit-Policy', 'RateLimit']

/** What a client acts upon; what every answer may carry is told in the document's introduction. */
function headerNames(statuses: readonly number[]): HeaderName[] {
  const names: HeaderName[] = []
  if (statuses.includes(401)) names.push('WWW-Authenticate')
  if (statuses.includes(429) || statuses.includes(503)) names.push('Retry-After')
  return names
}

function pascal(code: string): string {
  return code.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
}
