import type { z } from 'zod'
import { MONTHS_ANNOUNCED } from '../kit/deprecation.ts'
import { HEADERS } from '../kit/headers.ts'
import { TAGS } from '../kit/operation.ts'
import type { Route } from '../kit/routes.ts'
import { componentSchemas } from '../kit/schemas.ts'
import { operationObject, templatedPath } from './operation-object.ts'
import { ANYWHERE, errorsOf, problemName, problemResponse } from './problem-responses.ts'

/** Of the package; a test keeps them equal. */
export const VERSION = '0.1.0'

type DocumentedRoute = Pick<Route, 'method' | 'path' | 'operation'>

/** The API as OpenAPI 3.1 describes it, made from the routes and the schemas that validate. */
export function openApiDocument(routes: readonly DocumentedRoute[]) {
  const paths = pathsOf(routes)
  const responses = problemComponents(routes)
  return {
    openapi: '3.1.1',
    info: {
      title: 'Marketflow',
      version: VERSION,
      summary: 'The back end of a farmers-market platform.',
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The instance that serves this document.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: componentSchemas(bodiesOf(routes)),
      responses,
      parameters: { IfNoneMatch: IF_NONE_MATCH, IfMatch: IF_MATCH, IdempotencyKey: IDEMPOTENCY_KEY },
      headers: headersIn([paths, responses]),
      securitySchemes: { bearer: BEARER },
    },
  }
}

const DESCRIPTION = `Organizers run markets, vendors apply to them, the public reads listings. A read never shows less than the last answered write.

* JSON in \`snake_case\`. What is answered may gain fields in a later release, and errors codes: pass over the fields that you do not know, and take a code that you do not know by its status. What would break more comes under another path, announced for ${MONTHS_ANNOUNCED} months by \`Deprecation\` (RFC 9745) and \`Sunset\` (RFC 8594) on every answer of what goes.
* Unknown fields and query parameters are refused. Of texts, but for passwords, the blanks around them do not count: lengths, in UTF-16 code units, and patterns are those of what is left. A body has at most 100 kB.
* Errors are RFC 9457 problems; act upon their \`code\`. A path that does not exist is answered with \`route-not-found\` (404), a method that a path does not have with \`method-not-allowed\` (405) and \`Allow\`.
* What an operation says under \`default\` can happen with whatever is asked. Answers to writes, refused or not, tell by \`RateLimit\` how many more are allowed.
* Every answer has an \`X-Request-Id\`, which the log calls the request by: the client’s own, if that is 1 to 128 letters, digits or \`_.-\`. Where the service collects traces, \`traceresponse\` (W3C Trace Context, level 2) names this one’s.
* \`HEAD\` works wherever \`GET\` does.
* What can be cached carries a strong \`ETag\`: send it as \`If-None-Match\`, get 304. \`Cache-Status\` says where the answer came from.
* What has an \`ETag\` is safely changed by sending it as \`If-Match\`: 412 \`precondition-failed\` if it has changed since; the answer has the new one.
* A \`POST\` that makes or moves something is safely repeated with the same \`Idempotency-Key\`, after a time-out or a 503.
* Logins, registrations and writes are limited per account and network; reads are not.`

const BEARER = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'The `token` that `POST /auth/register` and `POST /auth/login` answer.',
}

const IF_NONE_MATCH = {
  name: 'If-None-Match',
  in: 'header',
  description: 'The `ETag` of what the client has: if that is still current, the answer is 304.',
  schema: { type: 'string' },
}

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  description:
    'The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds.',
  schema: { type: 'string' },
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
}

function bodiesOf(routes: readonly DocumentedRoute[]): z.ZodType[] {
  return routes.flatMap(({ operation }) => (operation?.body === undefined ? [] : [operation.body.schema]))
}

/** Those that something refers to: nothing may be deprecated. */
function headersIn(answers: unknown): Partial<typeof HEADERS> {
  const text = JSON.stringify(answers)
  return Object.fromEntries(
    Object.entries(HEADERS).filter(([name]) => text.includes(`"#/components/headers/${name}"`)),
  )
}

function pathsOf(routes: readonly DocumentedRoute[]) {
  const paths: Record<string, Record<string, ReturnType<typeof operationObject>>> = {}
  for (const route of routes) {
    if (route.operation === null) continue
    const path = templatedPath(route.path)
    paths[path] ??= {}
    paths[path][route.method.toLowerCase()] = operationObject(route, route.operation)
  }
  return paths
}

function problemComponents(routes: readonly DocumentedRoute[]) {
  const responses: Record<string, ReturnType<typeof problemResponse>> = {
    [problemName(ANYWHERE)]: problemResponse(ANYWHERE),
  }
  for (const { method, operation } of routes) {
    if (operation === null) continue
    for (const codes of errorsOf(method, operation).values())
      responses[problemName(codes)] ??= problemResponse(codes)
  }
  return responses
}
