import { type HeaderName, headersObject } from '../kit/headers.ts'
import type { Operation } from '../kit/operation.ts'
import { HttpError, type ProblemCode, problem, problemOf, STATUS_OF } from '../kit/problem.ts'
import { schemaRef } from '../kit/schemas.ts'

/** Everything that can go wrong with an operation, by status. */
export function errorsOf(method: string, operation: Operation): Map<number, ProblemCode[]> {
  const { token, tag, answers, errors = [] } = operation
  // Any query and any percent-encoding in a path can be wrong, and any URL too long.
  const codes = new Set<ProblemCode>(['validation-failed', 'uri-too-long', ...errors, 'internal'])
  if (token !== 'ignored') codes.add('unauthenticated')
  if (token === 'organizer' || token === 'vendor') codes.add('forbidden')
  if (method !== 'GET') {
    codes.add('malformed-json').add('payload-too-large').add('unsupported-media-type').add('rate-limited')
  }
  // Its probes answer whatever is out of reach.
  if (tag !== 'Service') codes.add('database-unavailable')
  // What is cached is loaded through a queue, which has an end; so is what is known of a token's account.
  const reads = answers.some(({ status }) => status === 304) || token !== 'ignored'
  if (tag !== 'Service' && reads) codes.add('overloaded')
  return Map.groupBy([...codes].sort(), (code) => STATUS_OF[code])
}

/** What the component for these errors is called: each code's words, joined by `Or`. */
export function problemName(codes: readonly ProblemCode[]): string {
  return codes.map(pascal).join('Or')
}

/** An answer that is a problem with one of these codes, which share a status. */
export function problemResponse(codes: readonly ProblemCode[]) {
  const errors = codes.map((code) => new HttpError(code, undefined, DETAILS[code]))
  const status = STATUS_OF[codes[0]!]
  return {
    description: errors.map(({ code, message }) => `${message} (\`${code}\`).`).join(' '),
    headers: headersObject(headerNames(status)),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            schemaRef(problem),
            { type: 'object', properties: { status: { const: status }, code: { enum: codes } } },
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

/** As `problemHeaders` sends them, and what was said before the error. */
function headerNames(status: number): HeaderName[] {
  const names: HeaderName[] = ['Cache-Control', ...LIMITS]
  if (status === 401) names.push('WWW-Authenticate')
  if (status === 429 || status === 503) names.push('Retry-After')
  return names
}

function pascal(code: string): string {
  return code.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
}
