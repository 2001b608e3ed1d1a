import { type HeaderName, headersObject } from '../kit/headers.ts'
import type { Answer, Operation, RequestBody } from '../kit/operation.ts'
import type { Route } from '../kit/routes.ts'
import { queryProperties, schemaRef } from '../kit/schemas.ts'
import { ANYWHERE, errorsOf, LIMITS, problemName } from './problem-responses.ts'

/** OpenAPI's Operation Object for a route. */
export function operationObject({ method, path }: Pick<Route, 'method' | 'path'>, operation: Operation) {
  const { id, tag, summary, description, deprecatedSince, query, body, answers, takesSeen, takesKey } =
    operation
  const parameters = [
    ...pathParameters(path),
    ...(query === undefined ? [] : queryParameters(query)),
    ...(answers.some(({ status }) => status === 304) ? [IF_NONE_MATCH] : []),
    ...(takesSeen ? [IF_MATCH] : []),
    ...(takesKey ? [IDEMPOTENCY_KEY] : []),
  ]
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(deprecatedSince !== undefined && { deprecated: true }),
    security: securityOf(operation),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: requestBody(body) }),
    responses: {
      ...Object.fromEntries(
        answers.map((answer) => [
          answer.status,
          responseObject(answer, headersOf(method, operation, answer)),
        ]),
      ),
      ...problemResponses(method, operation),
    },
  }
}

/** `/markets/:id` as OpenAPI writes it: `/markets/{id}`. */
export function templatedPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}')
}

const IDEMPOTENCY_KEY = { $ref: '#/components/parameters/IdempotencyKey' }
const IF_MATCH = { $ref: '#/components/parameters/IfMatch' }
const IF_NONE_MATCH = { $ref: '#/components/parameters/IfNoneMatch' }

function pathParameters(path: string) {
  const thing = path.split('/')[1]?.replace(/s$/, '')
  return Array.from(path.matchAll(/:(\w+)/g), ([, name]) => ({
    name,
    in: 'path',
    required: true,
    description: `The ${thing}’s id.`,
    schema: { type: 'string', format: 'uuid' },
  }))
}

function queryParameters(query: NonNullable<Operation['query']>) {
  return Object.entries(queryProperties(query)).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description !== undefined && { description }),
    schema,
  }))
}

function securityOf({ token }: Operation) {
  switch (token) {
    case 'ignored':
      return []
    case 'optional':
      return [{}, { bearer: [] }]
    case 'account':
    case 'organizer':
    case 'vendor':
      return [{ bearer: [] }]
  }
}

function requestBody({ schema, examples }: RequestBody) {
  const named = Object.entries(examples).map(([summary, value], i) => [
    `example-${i + 1}`,
    { summary, value },
  ])
  return {
    // No body at all reads as `{}`.
    required: !schema.safeParse({}).success,
    content: { 'application/json': { schema: schemaRef(schema), examples: Object.fromEntries(named) } },
  }
}

/** Writes tell how many more are allowed, and what goes tells when. */
function headersOf(method: string, { deprecatedSince }: Operation, { headers }: Answer): HeaderName[] {
  return [
    ...headers,
    ...(method === 'GET' ? [] : LIMITS),
    ...(deprecatedSince === undefined ? [] : (['Deprecation', 'Sunset', 'Link'] as const)),
  ]
}

function responseObject({ description, content }: Answer, headers: readonly HeaderName[]) {
  if (content === undefined) return { description, headers: headersObject(headers) }
  const { mediaType, schema, example } = content
  return {
    description,
    headers: headersObject(headers),
    content: { [mediaType]: { schema: schemaRef(schema), example } },
  }
}

function problemResponses(method: string, operation: Operation) {
  const answered = new Set(operation.answers.map(({ status }) => status))
  const responses: Record<string, { $ref: string }> = {}
  for (const [status, codes] of errorsOf(method, operation)) {
    if (answered.has(status)) throw new Error(`${operation.id} answers ${status} in two ways`)
    responses[status] = { $ref: `#/components/responses/${problemName(codes)}` }
  }
  responses.default = { $ref: `#/components/responses/${problemName(ANYWHERE)}` }
  return responses
}
