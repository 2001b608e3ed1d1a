import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { templatedPath } from '../../src/adapters/http/openapi/operation-object.ts'
import { DOCUMENT, ROUTES } from './api-document.ts'

export interface SeenAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

interface Header {
  readonly required?: boolean
  readonly schema: { readonly type: string }
}

interface Response {
  readonly headers?: Readonly<Record<string, unknown>>
  readonly content?: Readonly<Record<string, unknown>>
}

/** What any HTTP answer may carry, and no client of the API acts upon. */
const TRANSPORT = [
  'access-control-allow-origin',
  'access-control-expose-headers',
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  // Only where the operator traces.
  'traceresponse',
  // Told once, in the document's introduction.
  'cache-control',
  'x-request-id',
  'ratelimit',
  'ratelimit-policy',
  'transfer-encoding',
  // By origin, where some are let in.
  'vary',
  'x-content-type-options',
  'content-security-policy',
  'strict-transport-security',
]

/** The document lets answers have more fields, for clients of later releases. This release has those and no others. */
function closed<T>(schema: T): T {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map(closed) as T
  const parts = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part)]))
  const isRecord = parts.type === 'object' && parts.properties !== undefined && parts.required !== undefined
  return (isRecord ? { additionalProperties: false, ...parts } : parts) as T
}

const CLOSED = closed(DOCUMENT)
const ajv = formats.default(new Ajv2020({ allErrors: true }))
// To ajv, the document is a schema that is only there to be pointed into.
ajv.addVocabulary(Object.keys(DOCUMENT))
ajv.addSchema(CLOSED, 'api', undefined, false)
const validators = new Map<string, ValidateFunction>()

/**
 * Holds an answer of the service against its document: status, header fields, media type and body.
 * @throws Error that says where the two part
 */
export function assertDocumented(method: string, url: string, answer: SeenAnswer): void {
  const { pathname } = new URL(url, 'http://localhost')
  const differences = differencesOf(method, pathname, answer)
  if (differences.length === 0) return
  const { status, text } = answer
  throw new Error(
    `${method} ${pathname} answered ${status} ${text.slice(0, 500)}\nand the document says otherwise:\n${differences.join('\n')}`,
  )
}

function differencesOf(method: string, pathname: string, answer: SeenAnswer): string[] {
  const route = ROUTES.find(({ path }) => matches(path, pathname))
  // Pages for people are no part of the API.
  if (route?.operation === null) return []
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase()
  const pointer = `#/paths/${encode(templatedPath(route?.path ?? pathname))}/${verb}`
  if (at(pointer) === undefined) return refusalDifferences(method, answer)
  const responses = at(`${pointer}/responses`) as Readonly<Record<string, Response | { $ref: string }>>
  const name = Object.hasOwn(responses, answer.status) ? answer.status : 'default'
  const found = `${pointer}/responses/${name}`
  const response = responses[name]!
  const place = '$ref' in response ? response.$ref : found
  return [...headerDifferences(place, answer), ...bodyDifferences(place, method, answer)]
}

/** Of what no route is, or no method of a route. */
function refusalDifferences(method: string, { status, headers, text }: SeenAnswer): string[] {
  if (method === 'OPTIONS' && status === 204) return []
  if (![400, 404, 405, 414].includes(status)) return [`no such operation, and yet ${status}`]
  if (!headers.get('content-type')?.startsWith('application/problem+json')) return ['no problem']
  return errorsOf('#/components/schemas/Problem', JSON.parse(text), 'body')
}

function headerDifferences(place: string, { headers }: SeenAnswer): string[] {
  const names = Object.keys((at(place) as Response).headers ?? {})
  const wrong = names.flatMap((name) => {
    const pointer = `#/components/headers/${name}`
    const { required = false, schema } = at(pointer) as Header
    const text = headers.get(name)
    if (text === null) return required ? [`no ${name}`] : []
    return errorsOf(`${pointer}/schema`, schema.type === 'integer' ? Number(text) : text, name)
  })
  const known = new Set([...TRANSPORT, ...names.map((name) => name.toLowerCase())])
  const others = [...headers.keys()].filter((name) => !known.has(name))
  return [...wrong, ...others.map((name) => `no header field ${name}`)]
}

function bodyDifferences(place: string, method: string, { headers, text }: SeenAnswer): string[] {
  const { content } = at(place) as Response
  if (content === undefined) return text === '' ? [] : ['no body']
  const mediaType = headers.get('content-type')?.split(';')[0] ?? 'none'
  if (!Object.hasOwn(content, mediaType)) return [`no media type ${mediaType}`]
  if (method === 'HEAD') return text === '' ? [] : ['no body']
  const body: unknown = mediaType.endsWith('json') ? JSON.parse(text) : text
  return errorsOf(`${place}/content/${encode(mediaType)}/schema`, body, 'body')
}

function errorsOf(pointer: string, value: unknown, name: string): string[] {
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `api${pointer}` })
  validators.set(pointer, validate)
  validate(value)
  return (validate.errors ?? []).map(({ instancePath, message }) => `${name}${instancePath} ${message}`)
}

/** What stands in the document at this JSON pointer. */
function at(pointer: string): unknown {
  const keys = pointer.split('/').slice(1).map(decode)
  return keys.reduce((value: unknown, key) => (value as Record<string, unknown> | undefined)?.[key], DOCUMENT)
}

function matches(path: string, pathname: string): boolean {
  const expected = path.split('/')
  const parts = pathname.split('/')
  return parts.length === expected.length && expected.every((part, i) => part[0] === ':' || part === parts[i])
}

function encode(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))
}

function decode(key: string): string {
  return decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')
}
