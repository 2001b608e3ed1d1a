import type { Answer, Api, Person } from '../../support/api.ts'

/** The markets that the load renames, and who may see what of them. */
export interface Town {
  /** By id, their slugs. */
  readonly markets: ReadonlyMap<string, string>
  /** Organizes them all. */
  readonly organizer: Person
  /** Is accepted at all of them. */
  readonly vendor: Person
}

/** One way to see markets' names: a view, whose it is to read, and how its answer tells them. */
export interface Look {
  readonly view: string
  readonly path: string
  /** Who looks; undefined for a reader without an account. */
  readonly as?: Api
  /** The markets that it has to show, by id. */
  readonly shows: readonly string[]
  /** Names by id. */
  readonly names: (answer: Answer) => ReadonlyMap<string, string>
}

type Named = { readonly id: string; readonly name: string }
type Applied = { readonly market_id: string; readonly market_name: string }

/** Every view that shows a market's name, as JSON and as HTML. */
export function looksOf({ markets, organizer, vendor }: Town): { one: Look[]; all: Look[] } {
  const ids = [...markets.keys()]
  const all = (view: string, path: string, names: Look['names'], as?: Api): Look => ({
    view,
    path,
    shows: ids,
    names,
    ...(as && { as }),
  })
  return {
    one: [...markets].flatMap(([id, slug]) => [
      {
        view: 'detail',
        path: `/markets/${id}`,
        shows: [id],
        names: ({ body }) => named([body]),
      },
      {
        view: 'market page',
        path: `/m/${slug}`,
        shows: [id],
        names: ({ text }) => new Map([[id, /<h1 dir="auto">([^<]*)</.exec(text)?.[1] ?? '']]),
      },
      {
        view: 'applications',
        path: `/markets/${id}/applications`,
        as: organizer.api,
        shows: [id],
        names: ({ body }) => appliedTo(body.applications),
      },
    ]),
    all: [
      all('vendor', `/vendors/${vendor.vendorId}`, ({ body }) => named(body.markets)),
      all('listing', '/markets?page_size=100', ({ body }) => named(body.markets)),
      all('city listing', '/markets?city=Lisbon', ({ body }) => named(body.markets)),
      all('list page', '/', ({ text }) => linked(text, markets)),
      all(
        'vendor dashboard',
        `/vendors/${vendor.vendorId}/dashboard`,
        ({ body }) => named(body.markets),
        vendor.api,
      ),
      all(
        'organizer dashboard',
        `/organizers/${organizer.id}/dashboard`,
        ({ body }) => appliedTo(body.recent_applications),
        organizer.api,
      ),
    ],
  }
}

function named(markets: readonly Named[]): Map<string, string> {
  return new Map(markets.map(({ id, name }) => [id, name]))
}

function appliedTo(applications: readonly Applied[]): Map<string, string> {
  return new Map(applications.map((each) => [each.market_id, each.market_name]))
}

function linked(page: string, markets: ReadonlyMap<string, string>): Map<string, string> {
  const names = new Map(
    [...page.matchAll(/href="\/m\/([^"]+)">([^<]*)</g)].map(([, slug, name]) => [slug, name]),
  )
  return new Map([...markets].map(([id, slug]) => [id, names.get(slug) ?? '']))
}
