import { questionAt, type ReadRoute, type Told } from '../../../src/adapters/http/kit/api-route.ts'
import { queryProperties } from '../../../src/adapters/http/kit/schemas.ts'
import { HtmlPages } from '../../../src/adapters/http/pages/html-pages.ts'
import { readRoutes } from '../../../src/adapters/http/route-table.ts'
import { ACCOUNT_DETAIL } from '../../../src/application/accounts/account-settings.ts'
import { ACCOUNT_SESSION } from '../../../src/application/accounts/sessions.ts'
import type { Found, View } from '../../../src/application/consistency/view.ts'
import { listOf, MARKET_ZONE } from '../../../src/application/markets/market-reads.ts'
import { PAGE_ZONE, ShowSitemap } from '../../../src/application/pages/page-reads.ts'
import type { Snapshots, ViewQueries } from '../../../src/application/ports/view-queries.ts'
import { cursorAfter } from '../../../src/application/tables/cursor.ts'
import { vendorsOf } from '../../../src/application/vendors/vendor-reads.ts'
import { FORMER_ORGANIZER, ROLES } from '../../../src/domain/account.ts'
import { MARKET_STATUSES, normalizePlace } from '../../../src/domain/market.ts'
import { FORMER_VENDOR } from '../../../src/domain/vendor.ts'
import { APPLICATION_STATUSES } from '../../../src/domain/vendor-application.ts'
import { CITIES, COUNTRIES, DATES, NOW, POINTS, REGIONS, SOLD, WORDS } from './commands.ts'
import { UNKNOWN_ID } from './world.ts'

/** One view with one set of parameters: what a reader may have cached. */
export interface Question {
  readonly name: string
  readonly tags: readonly string[]
  /** What the database says, as the view sends it. */
  readonly load: (queries: ViewQueries) => Promise<Found<unknown>>
  /** Hands view and parameters to who asks in another way. */
  readonly put: <R>(ask: <P, T>(view: View<P, T, ViewQueries>, params: P) => R) => R
}

/** What is known of a world: what can be asked about. */
export type Askable = {
  readonly organizers: readonly string[]
  readonly vendors: readonly { readonly id: string; readonly account: string }[]
  readonly markets: readonly { readonly id: string }[]
  readonly applications: readonly { readonly id: string }[]
  readonly slugs: ReadonlySet<string>
  /** A name in the midst of its markets', which pages begin behind. */
  readonly middle: string
}

/** Every question that can be asked of a world: every route that reads, with every id and parameter that there is. */
export function questionsOf(world: Askable): Question[] {
  const accounts = [
    FORMER_ORGANIZER.id,
    ...world.organizers,
    ...world.vendors.map(({ account }) => account),
    UNKNOWN_ID,
  ]
  const urls = ROUTES.flatMap((route) =>
    pathsOf(route, world).flatMap((path) => queriesOf(route, world).map((query) => path + query)),
  )
  return [
    ...urls.map(asked),
    // As a page it tells the parts and not the markets: it hardly ever changes.
    question(ShowSitemap.view, {}),
    ...[...world.markets, { id: UNKNOWN_ID }].map(({ id }) => question(MARKET_ZONE, { id })),
    ...[...world.slugs].map((slug) => question(PAGE_ZONE, { slug })),
    ...accounts.map((id) => question(ACCOUNT_DETAIL, { id })),
    ...accounts.map((id) => question(ACCOUNT_SESSION, { id })),
  ]
}

/** All that is answered from a cached view, pages as the HTML and XML that is cached and sent. */
const ROUTES = readRoutes({ forPages: [], publicUrl: 'https://markets.example' })
const PAGES = new HtmlPages('https://markets.example')

const known = new Map<string, Question>()

/** What a URL asks, as the service finds it. */
function asked(url: string): Question {
  const before = known.get(url)
  if (before !== undefined) return before
  const found = questionAt(ROUTES, url)
  if (found === undefined) throw new Error(`No route answers ${url}`)
  const params = found.route.read.at(found.params as never, NOW, 'America/Chicago')
  const made = question(
    found.route.read.cachedAs(PAGES) as View<object, unknown, ViewQueries>,
    params as object,
  )
  known.set(url, made)
  return made
}

/** The route's path for everything that it can be about. */
function pathsOf({ path }: ReadRoute, world: Askable): string[] {
  const [, collection = '', parameter] = /^\/([a-z]*)(?:\/:(\w+))?/.exec(path)!
  if (parameter === undefined) return [path]
  const subjects = SUBJECTS[collection]
  if (subjects === undefined) throw new Error(`What ${path} can be about is not known here`)
  return subjects(world).map((subject) => path.replace(`:${parameter}`, subject))
}

const SUBJECTS: Readonly<Record<string, (world: Askable) => readonly string[]>> = {
  markets: ({ markets }) => [...markets.map(({ id }) => id), UNKNOWN_ID],
  vendors: ({ vendors }) => [FORMER_VENDOR.id, ...vendors.map(({ id }) => id), UNKNOWN_ID],
  organizers: ({ organizers }) => [FORMER_ORGANIZER.id, ...organizers, UNKNOWN_ID],
  applications: ({ applications }) => [...applications.map(({ id }) => id), UNKNOWN_ID],
  m: ({ slugs }) => [...slugs],
  v: ({ vendors }) => [FORMER_VENDOR.id, ...vendors.map(({ id }) => id), UNKNOWN_ID],
  sitemap: () => ['1'],
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  city: [...CITIES, 'nowhere'],
  region: REGIONS,
  country: COUNTRIES,
  q: WORDS,
  product: SOLD,
  on: DATES,
  near: [POINTS[0], POINTS[1]].map((degrees) => `${degrees},${degrees}`),
  day: ['today', 'weekend', DATES[0]],
  'status of application': APPLICATION_STATUSES,
  'status of market': MARKET_STATUSES,
}

/** What tokens tell. */
const TOLD: Readonly<Record<Told, (world: Askable) => readonly string[]>> = {
  organizer: SUBJECTS.organizers!,
  vendor: SUBJECTS.vendors!,
  side: () => ROLES,
}

/** Every query that the route takes: the first pages, of all and by each of its other parameters, for all who may ask. */
function queriesOf({ query, told, path }: ReadRoute, world: Askable): string[] {
  const { page, page_size, cursor, ...others } = queryProperties(query)
  const pages =
    page === undefined
      ? [{}]
      : page_size === undefined
        ? [{ page: '2' }, {}]
        : [{ page: '2', page_size: '1' }, {}]
  const { from, to, radius_km: _, ...alone } = others
  // One without the other is refused, or as good as another one.
  const spans = from === undefined || to === undefined ? [] : [{ from: DATES[0], to: DATES[1] }]
  const filters = Object.keys(alone).flatMap((name) => {
    const values =
      (name === 'market' ? world.markets.slice(0, 2).map(({ id }) => id) : VALUES[name]) ??
      VALUES[`${name} of ${path.endsWith('markets') ? 'market' : 'application'}`]
    if (values === undefined) throw new Error(`What can be asked of ${name} is not known here`)
    return values.map((value) => ({ [name]: value }))
  })
  const behind = cursor === undefined ? [] : path === '/vendors' ? vendorCursors(world) : cursorsOf(world)
  const asking = told.flatMap((name) => TOLD[name](world).map((value) => ({ [name]: value })))
  // What is kept of what is near answers every page.
  const pagesOf = (filter: object) => ('near' in filter ? [{}] : pages)
  const narrowed = [
    {},
    ...filters,
    ...spans,
    ...together(Object.keys(alone).filter(isPlace)),
    ...inCityOn(alone),
    ...nearbyOn(alone),
    ...soldAs(alone),
  ]
  return (told.length === 0 ? [{}] : asking).flatMap((who) =>
    [...narrowed.flatMap((filter) => pagesOf(filter).map((part) => ({ ...part, ...filter }))), ...behind].map(
      (each) => {
        const parameters = new URLSearchParams({ ...who, ...each })
        return parameters.size === 0 ? '' : `?${parameters}`
      },
    ),
  )
}

/** The rest of the list and of some that are narrowed, and a page of it. */
function cursorsOf({ middle }: Askable): Record<string, string>[] {
  const behind = { name: middle, id: UNKNOWN_ID }
  const [city, q] = [CITIES[0], WORDS[1]]
  const lists = [
    { query: {}, list: {} },
    { query: { city }, list: { city: normalizePlace(city) } },
    { query: { q }, list: { q: normalizePlace(q) } },
    { query: { on: DATES[0] }, list: { open: { from: DATES[0], to: DATES[0] } } },
    { query: { product: SOLD[0] }, list: { product: SOLD[0] } },
  ]
  return lists.flatMap(({ query, list }) => {
    const cursor = cursorAfter(listOf(list), behind)!
    return [
      { ...query, cursor },
      { ...query, cursor, page_size: '1' },
    ]
  })
}

/** The same of vendors. */
function vendorCursors({ middle, markets }: Askable): Record<string, string>[] {
  const market = markets[0]?.id
  const lists = [{}, { product: SOLD[0] }, ...(market === undefined ? [] : [{ market }])]
  return lists.map((list) => ({
    ...list,
    cursor: cursorAfter(vendorsOf(list), { name: middle, id: UNKNOWN_ID })!,
  }))
}

const isPlace = (name: string) => ['city', 'region', 'country'].includes(name)

/** Of one city, on one day. */
function inCityOn(names: object): Record<string, string>[] {
  return ['on', 'day'].filter((name) => name in names).map((name) => ({ city: CITIES[0], [name]: DATES[0] }))
}

/** Near a point, on one day; and as far as may be asked for. */
function nearbyOn(names: object): Record<string, string>[] {
  const near = VALUES.near![0]!
  const dates = ['on', 'day'].filter((name) => name in names).map((name) => ({ near, [name]: DATES[0] }))
  return dates.length === 0 ? [] : [...dates, { near, radius_km: '50' }]
}

/** A product beside words; of one city, on one day. */
function soldAs(names: object): Record<string, string>[] {
  if (!('product' in names)) return []
  const [product, q] = [SOLD[0], WORDS[0]]
  return [{ product, q }, ...inCityOn(names).map((rest) => ({ product, ...rest }))]
}

/** Several parameters at once: all that go together by two and more, each with its first value, and its second one. */
function together(names: readonly string[]): Record<string, string>[] {
  const sets: string[][] = [[]]
  for (const name of names) for (const set of sets.slice()) sets.push([...set, name])
  return sets
    .filter((set) => set.length > 1)
    .flatMap((set) => [0, 1].map((n) => Object.fromEntries(set.map((name) => [name, VALUES[name]![n]!]))))
}

function question<P, T>(view: View<P, T, ViewQueries>, params: P): Question {
  const { render } = view
  return {
    // Its text and its value are two answers.
    name: `${view.name} ${JSON.stringify(params)}${render === undefined ? '' : ' as a page'}`,
    tags: view.tags(params),
    load: async (queries) => {
      const found = await view.load(queries, params)
      return found && render ? { ...found, value: render(found.value) } : found
    },
    put: (ask) => ask(view, params),
  }
}

/** Every answer as text, by the question's name, all from one snapshot. */
export type Answers = ReadonlyMap<string, string>

export function answerAll(snapshots: Snapshots, questions: readonly Question[]): Promise<Answers> {
  return snapshots.read(async (queries) => {
    const answers = new Map<string, string>()
    for (const { name, load } of questions) answers.set(name, asText(await load(queries)))
    return answers
  })
}

/** The value and who may see it. What does not exist is an answer too: it is cached like any other. */
function asText(found: Found<unknown>): string {
  return JSON.stringify(found ?? null)
}

const NOT_FOUND = asText(undefined)

/** The questions whose answer is another one now. What was asked for the first time did not exist before. */
export function changedBetween(before: Answers, after: Answers, questions: readonly Question[]): Question[] {
  return questions.filter(({ name }) => (before.get(name) ?? NOT_FOUND) !== after.get(name))
}
