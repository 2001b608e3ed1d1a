import { HtmlPages } from '../../../src/adapters/http/pages/html-pages.ts'
import type { Found, View } from '../../../src/application/consistency/view.ts'
import { renderedViews } from '../../../src/application/pages/rendered-views.ts'
import type { Snapshots, ViewQueries } from '../../../src/application/ports/view-queries.ts'
import { VIEWS } from '../../../src/application/tables/view-table.ts'
import { normalizeCity } from '../../../src/domain/market.ts'
import { APPLICATION_STATUSES } from '../../../src/domain/vendor-application.ts'
import { CITIES } from './commands.ts'
import { UNKNOWN_ID, type World } from './world.ts'

/** One view with one set of parameters: what a reader may have cached. */
export interface Question {
  readonly name: string
  readonly tags: readonly string[]
  /** What the database says, as the view sends it. */
  readonly load: (queries: ViewQueries) => Promise<Found<unknown>>
  /** Hands view and parameters to who asks in another way. */
  readonly put: <R>(ask: <P, T>(view: View<P, T, ViewQueries>, params: P) => R) => R
}

/** Every question that can be asked of a world: every view with every id, city, status, and the first pages. */
export function questionsOf(world: World): Question[] {
  const markets = [...world.markets.map(({ id }) => id), UNKNOWN_ID]
  const vendors = [...world.vendors.map(({ id }) => id), UNKNOWN_ID]
  const organizers = [...world.organizers, UNKNOWN_ID]
  const accounts = [...world.organizers, ...world.vendors.map(({ account }) => account), UNKNOWN_ID]
  return [
    ...LISTINGS,
    question(PAGES.markets, { page: 2 }),
    ...SITEMAP,
    ...Array.from(world.slugs, (slug) => question(PAGES.market, { slug })),
    ...markets.flatMap((id) => [
      question(VIEWS.marketDetail, { id }),
      question(VIEWS.marketStats, { id }),
      ...APPLICATION_LISTS.map((list) => question(VIEWS.marketApplications, { marketId: id, ...list })),
    ]),
    ...vendors.flatMap((id) => [
      question(VIEWS.vendorProfile, { id }),
      question(VIEWS.vendorDashboard, { id }),
    ]),
    ...organizers.map((id) => question(VIEWS.organizerDashboard, { id })),
    ...accounts.map((id) => question(VIEWS.accountSession, { id })),
  ]
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

const PARTS = [
  { page: 1, pageSize: 20 },
  { page: 2, pageSize: 1 },
]

/** The public's views, as the HTML and XML that is cached and sent. */
const PAGES = renderedViews(new HtmlPages('https://markets.example'))

const LISTINGS = [undefined, ...new Set(CITIES.map(normalizeCity)), 'nowhere'].flatMap((of) => {
  const city = of === undefined ? {} : { city: of }
  return [
    ...PARTS.map((part) => question(VIEWS.marketListing, { ...part, ...city })),
    question(PAGES.markets, { page: 1, ...city }),
  ]
})

const SITEMAP = [
  // As a page it tells the parts and not the markets: it hardly ever changes.
  question(VIEWS.sitemapIndex, {}),
  question(PAGES.sitemapIndex, {}),
  question(PAGES.sitemapPart, { part: 1 }),
]

const APPLICATION_LISTS = [
  { page: 2, pageSize: 1 },
  { page: 1, pageSize: 20 },
  ...APPLICATION_STATUSES.map((status) => ({ status, page: 1, pageSize: 20 })),
]

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
export function asText(found: Found<unknown>): string {
  return JSON.stringify(found ?? null)
}

export const NOT_FOUND = asText(undefined)

/** The questions whose answer is another one now. What was asked for the first time did not exist before. */
export function changedBetween(before: Answers, after: Answers, questions: readonly Question[]): Question[] {
  return questions.filter(({ name }) => (before.get(name) ?? NOT_FOUND) !== after.get(name))
}
