import { match } from 'path-to-regexp'
import { z } from 'zod'
import type { View } from '../../../application/consistency/view.ts'
import type { Once } from '../../../application/ports/repositories.ts'
import type { Viewer } from '../../../application/ports/token-issuer.ts'
import type { Seen } from '../../../application/use-case/precondition.ts'
import { type AnyRead, isRole, type Missing } from '../../../application/use-case/read.ts'
import { type Application, READS } from '../../../application/use-cases.ts'
import { ROLES } from '../../../domain/account.ts'
import { parseId } from '../../../domain/ids.ts'
import { isSlug } from '../../../domain/market.ts'
import type { HeaderName } from './headers.ts'
import { readQuery } from './input.ts'
import { type Answer, cached, type Operation, type Tag, type Token, takes } from './operation.ts'
import { HttpError } from './problem.ts'
import type { RateLimits } from './rate-limits.ts'
import type { Sending } from './respond.ts'
import { queryProperties } from './schemas.ts'
import type { HeaderList } from './security-headers.ts'
import { body } from './text-schemas.ts'

/*
 * A row says everything about a route once: validation, who is let in, the answer, the API's document and what
 * operators have explained are made from it.
 */

/** A row that is answered from a cached view. */
export interface ReadRoute {
  readonly method: 'GET'
  /** As Express writes it: `/markets/:id`. */
  readonly path: string
  /** The use case's name in the registry, which is the operation's too. */
  readonly name: ReadName
  readonly read: AnyRead
  readonly query: z.ZodType<object>
  /** What the token tells it. */
  readonly told: readonly Told[]
  /** Of a page: its own parameters. What others append to its address may be anything, and badly encoded. */
  readonly parameters?: readonly string[]
  /** Null for what is no part of the API, such as a page for people: it takes any parameter, and looks at no token. */
  readonly operation: Operation | null
  readonly contentType?: string
  readonly headers?: HeaderList
  readonly asUnverified?: Sending['asUnverified']
}

export type ReadName = keyof typeof READS
type ParamsOf<Name extends ReadName> = Parameters<Application[Name]>[0]
type ValueOf<Name extends ReadName> = (typeof READS)[Name]['view']['schema']['_zod']['output']

/** What the path gives; a row's query has to give the rest of what the read asks for. */
type InPath<Path extends string> =
  Path extends `${string}:${infer Name extends keyof PathValues}${'/' | '.'}${infer Rest}`
    ? Name | InPath<Rest>
    : Path extends `${string}:${infer Name extends keyof PathValues}`
      ? Name
      : never

type Query<Path extends string, Name extends ReadName> = z.ZodType<Omit<ParamsOf<Name>, InPath<Path> | Told>>

type Documented = Pick<Operation, 'summary' | 'description' | 'deprecatedSince'> & { readonly tag: Tag }

interface ReadDocs<Path extends string, Name extends ReadName> extends Documented {
  readonly query?: Query<Path, Name>
  readonly told?: readonly Told[]
  /** What is answered, in words, and an example of it. */
  readonly answer: string
  readonly example: ValueOf<Name>
}

/** A GET of the API. */
export function get<const Path extends string, Name extends ReadName>(
  path: Path,
  name: Name,
  { query, told = [], answer, example, ...docs }: ReadDocs<Path, Name>,
): ReadRoute {
  const { audience, missing, view } = READS[name]
  const operation: Operation = {
    ...docs,
    id: name,
    token: isRole(audience) || audience === 'account' ? audience : 'optional',
    ...(query !== undefined && { query }),
    answers: cached(answer, view.schema, example, query !== undefined && 'page' in queryProperties(query)),
    ...(missing !== undefined && { errors: [missing] }),
  }
  return { method: 'GET', path, name, read: READS[name], query: query ?? NO_QUERY, told, operation }
}

/** A GET of something that is no part of the API. */
export function page<const Path extends string, Name extends ReadName>(
  path: Path,
  name: Name,
  {
    query = ANY_QUERY,
    parameters = [],
    ...sending
  }: { readonly query?: z.ZodType<object> } & Pick<
    ReadRoute,
    'contentType' | 'headers' | 'parameters' | 'asUnverified'
  >,
): ReadRoute {
  return {
    method: 'GET',
    path,
    name,
    read: READS[name],
    query,
    told: [],
    parameters,
    operation: null,
    ...sending,
  }
}

const NO_QUERY = z.strictObject({})
/** What others append to the links they share is no business of ours. */
const ANY_QUERY = z.object({})

/** What stands in a path, and how it is read; undefined for what nothing can be called. */
const PATH_VALUES = {
  id: parseId,
  slug: (text: string) => (isSlug(text) ? text : undefined),
  date: (text: string) => (isDate(text) ? text : undefined),
  part: (text: string) => (/^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined),
}
type PathValues = typeof PATH_VALUES

function isDate(text: string): boolean {
  return z.iso.date().safeParse(text).success
}

export type PathTexts = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * What a URL asks a read for.
 * @throws HttpError the row's `missing`, for an id that cannot be one; `validation-failed`
 */
export function paramsOf({ read, query, parameters }: ReadRoute, path: PathTexts, url: string): object {
  const ours = (name: string) => parameters?.includes(name) ?? true
  return { ...pathValues(path, read.missing), ...readQuery(url, query, ours) }
}

/** @throws HttpError the `missing` code for what cannot be an id: nothing has that name, so nothing is found */
export function pathValues(
  texts: PathTexts,
  missing: Missing | undefined,
): { readonly id?: string; readonly date?: string } {
  const values = Object.entries(texts).map(([name, text]) => {
    const value = PATH_VALUES[name as keyof PathValues](String(text))
    if (value === undefined)
      throw new HttpError(name === 'date' ? 'day-not-found' : (missing ?? 'route-not-found'))
    return [name, value]
  })
  return Object.fromEntries(values)
}

/** What a read is told by the token: who asks. An operator, who asks for others, writes it as a parameter. */
const TELLS = {
  organizer: ({ accountId }: Viewer) => accountId,
  vendor: ({ vendorId }: Viewer) => vendorId,
  side: ({ role }: Viewer) => role,
}
export type Told = keyof typeof TELLS

const anId = z.guid({ error: 'expected the id that the token would tell' }).toLowerCase()
const AS_PARAMETERS = {
  organizer: anId,
  vendor: anId,
  side: z.enum(ROLES, { error: `expected ${ROLES.join(' or ')}, as the token would tell` }),
} satisfies Record<Told, z.ZodType>

export function toldBy(viewer: Viewer, told: readonly Told[]): object {
  return Object.fromEntries(told.map((name) => [name, TELLS[name](viewer)]))
}

/** The query as an operator may write it. */
function questionQuery({ told }: ReadRoute): z.ZodObject {
  return z.strictObject(Object.fromEntries(told.map((name) => [name, AS_PARAMETERS[name]])))
}

/** What a URL asks for, where what the token would tell stands among its parameters. */
function paramsOfQuestion(route: ReadRoute, path: PathTexts, url: string): object {
  if (route.told.length === 0) return paramsOf(route, path, url)
  const [told, own] = [new URLSearchParams(), new URLSearchParams()]
  for (const [name, value] of new URLSearchParams(url.split('?')[1])) {
    const list: URLSearchParams = route.told.some((each) => each === name) ? told : own
    list.append(name, value)
  }
  return { ...paramsOf(route, path, `?${own}`), ...readQuery(`?${told}`, questionQuery(route)) }
}

export interface Question {
  readonly route: ReadRoute
  readonly params: object
}

/**
 * The row that answers a path of the service, and what it is asked for, as Express finds it; what a token would tell is
 * among the parameters.
 * @throws HttpError whatever the route refuses
 */
export function questionAt(routes: readonly ReadRoute[], url: string): Question | undefined {
  const [path = ''] = url.split(/[?#]/)
  for (const route of routes) {
    const found = match<Record<string, string>>(route.path.replace(/\/$/, ''), {
      sensitive: true,
      trailing: true,
    })(path)
    if (found) return { route, params: paramsOfQuestion(route, found.params, url) }
  }
  return undefined
}

/** Any other row of the API: it asks one use case, with what the request brings. */
export interface CallRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly operation: Operation
  readonly body: z.ZodType | undefined
  readonly missing: Missing | undefined
  readonly run: (application: Application, request: Asked<unknown, never>) => Promise<unknown>
  readonly location: ((result: never) => string) | undefined
  /** What its answer is a representation of. */
  readonly represents: Pick<View<never, unknown>, 'schema'> | undefined
  /** Whether a client may say what it has seen, by `If-Match`. */
  readonly takesSeen: boolean
  /** Whether it may say that it happens once, by `Idempotency-Key`. */
  readonly takesKey: boolean
}

/** What a request brings, once it is let in. */
interface Asked<Body, Who> {
  /** Of the path, where that has one. */
  readonly id: string
  readonly date: string
  readonly body: Body
  readonly viewer: Who
  readonly seen: Seen
  /** What the client said by `Idempotency-Key`. */
  readonly once: Once | undefined
  /** The client's. */
  readonly address: string
  /** Aborted when the client goes away before it has its answer. */
  readonly signal: AbortSignal
  /** Tells the log which account it was, where no token does. */
  readonly actsAs: (account: string) => void
  readonly limits: RateLimits | undefined
}

type VendorViewer = Viewer & { readonly vendorId: string }
type Who<T extends Token> = T extends 'ignored' ? undefined : T extends 'vendor' ? VendorViewer : Viewer

interface CallDocs<T extends Token, Schema extends z.ZodType, Result> extends Documented {
  readonly token: T
  /** What is told of an id that nothing has. */
  readonly missing?: Missing
  readonly body?: Schema
  /** Bodies by what they show. */
  readonly examples?: Readonly<Record<string, z.input<NoInfer<Schema>>>>
  readonly answer: Answer
  readonly errors?: Operation['errors']
  /** The read whose representation this writes: its answer, if it has one, is that with its entity tag. */
  readonly represents?: ReadName
  /** The path of what was made. */
  readonly location?: (result: Result) => string
  readonly run: (
    application: Application,
    request: Asked<z.output<NoInfer<Schema>>, Who<T>>,
  ) => Promise<Result>
}

type Method = <
  const Name extends keyof Application,
  const T extends Token,
  Schema extends z.ZodType = typeof noFields,
  Result = unknown,
>(
  path: string,
  name: Name,
  docs: CallDocs<T, Schema, Result>,
) => CallRoute

export const post: Method = (path, name, docs) => call('POST', path, name, docs as LooseDocs)
export const patch: Method = (path, name, docs) => call('PATCH', path, name, docs as LooseDocs)
export const put: Method = (path, name, docs) => call('PUT', path, name, docs as LooseDocs)
/** `delete` is a word of the language. */
export const erase: Method = (path, name, docs) => call('DELETE', path, name, docs as LooseDocs)
/** A GET that is not cached. */
export const ask: Method = (path, name, docs) => call('GET', path, name, docs as LooseDocs)

/** A change of some fields: what PATCH is for, and PUT does here, too. `patchName` is what clients call the former. */
export function putOrPatch<
  const Name extends keyof Application,
  const T extends Token,
  Schema extends z.ZodType,
  Result,
>(path: string, name: Name, patchName: string, docs: CallDocs<T, Schema, Result>): CallRoute[] {
  const loose = docs as unknown as LooseDocs
  return [call('PUT', path, name, loose), call('PATCH', path, patchName, loose)]
}

/** A row's docs once `Method` has checked that they fit together. */
type LooseDocs = Omit<CallDocs<Token, z.ZodType, unknown>, 'run' | 'location'> &
  Pick<CallRoute, 'run'> & { readonly location?: CallRoute['location'] }

/** What a write asks for is in its path alone. */
const noFields = body({})

function call(
  method: CallRoute['method'],
  path: string,
  id: string,
  { body, examples, answer, errors = [], missing, run, location, represents, ...docs }: LooseDocs,
): CallRoute {
  const schema = method === 'GET' ? undefined : (body ?? noFields)
  // What is only about to be made, no client has seen.
  const takesSeen = represents !== undefined && answer.status !== 201
  // Of an account's POSTs, those that answer something; to do any other twice changes nothing.
  const takesKey = method === 'POST' && represents !== undefined
  const headers: HeaderName[] = [...answer.headers]
  if (location !== undefined) headers.push('Location')
  if (represents !== undefined && answer.content !== undefined) headers.push('ETag')
  const operation: Operation = {
    ...docs,
    id,
    takesSeen,
    takesKey,
    ...(examples !== undefined && { body: takes(schema ?? noFields, examples) }),
    answers: [{ ...answer, headers }],
    errors: [
      ...(missing === undefined ? [] : [missing]),
      ...(takesSeen ? (['precondition-failed'] as const) : []),
      ...(takesKey ? (['idempotency-key-reused'] as const) : []),
      ...errors,
    ],
  }
  return {
    method,
    path,
    operation,
    body: schema,
    missing,
    run,
    location,
    represents: represents && READS[represents].view,
    takesSeen,
    takesKey,
  }
}
