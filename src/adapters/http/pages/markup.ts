import { html } from 'ghtml'

/** What a list is narrowed to. Null, absent or empty: all. */
export interface Places {
  readonly city?: string | null
  readonly region?: string | null
  readonly country?: string | null
  readonly q?: string | null
  readonly product?: string | null
}

/** What a list is narrowed to: places, and when its markets are open. */
export interface Narrowed extends Places {
  readonly day?: string | null
  readonly near?: { readonly point: string | null; readonly radius_km: number } | null
}

/** The address of a page of the list; the plain `/` is its first. */
export function listPath(
  page: number,
  { q, product, city, region, country, day, near }: Narrowed = {},
): string {
  const query = new URLSearchParams()
  const { point, radius_km } = near ?? {}
  for (const [name, place] of Object.entries({
    q,
    product,
    city,
    region,
    country,
    near: point,
    radius_km,
    day,
  }))
    if (place) query.set(name, String(place))
  if (page > 1) query.set('page', String(page))
  return query.size === 0 ? '/' : `/?${query}`
}

export function marketPath(slug: string): string {
  return `/m/${slug}`
}

/** The address of a page of the list of vendors. */
export function vendorsPath(page: number, { q, product }: Pick<Narrowed, 'q' | 'product'> = {}): string {
  return `/v${listPath(page, { ...(q && { q }), ...(product && { product }) }).slice(1)}`
}

export function vendorPath(id: string): string {
  return `/v/${id}`
}

/** Enough for a search result or a card, without half a character at its end. */
export function beginning(text: string): string {
  const characters = Array.from(text)
  return characters.length <= 200 ? text : `${characters.slice(0, 199).join('')}…`
}

/** What a vendor or a market sells, on a card. */
export function sellsWhat(products: readonly string[]): string {
  return products.length === 0 ? '' : html`<p class="sells">Sells ${products.join(', ')}</p>`
}

interface Pages {
  readonly page: number
  readonly pages: number
  /** Whether there are no more pages than these. */
  readonly counted: boolean
  readonly hasNext?: boolean
  readonly path: (page: number) => string
}

/** Leads from page to page, where there are several. */
export function pagesNav({ page, pages, counted, hasNext = page < pages, path }: Pages): string {
  if (page === 1 && !hasNext) return ''
  return html`<nav class="pages" aria-label="Pages">
!${page > 1 ? html`<a rel="prev" href="${path(page - 1)}"><span aria-hidden="true">← </span>Previous</a>` : '<span></span>'}
<span>Page ${page}${counted ? ` of ${pages}` : ''}</span>
!${hasNext ? html`<a rel="next" href="${path(page + 1)}">Next<span aria-hidden="true"> →</span></a>` : '<span></span>'}
</nav>`
}

const COUNTRIES = new Intl.DisplayNames('en', { type: 'region' })

/** A country's name in English, by its code. */
export function countryName(code: string): string {
  return COUNTRIES.of(code.toUpperCase()) ?? code
}

/** `Springfield, IL`: as much of it as is known. */
export function placeName({ city, region, country }: Places): string {
  return [city, region, country && countryName(country)].filter(Boolean).join(', ')
}

/** An address as on an envelope, as much of it as is known. */
export function postalLines(market: {
  readonly street: string
  readonly city: string
  readonly region: string
  readonly postcode: string
  readonly country: string
}): string[] {
  const { street, city, region, postcode, country } = market
  const town = [placeName({ city, region }), postcode].filter(Boolean).join(' ')
  return [street, town, country && countryName(country)].filter(Boolean)
}

/** Where a market's or vendor's website may lead: nowhere but to the web. */
export function webAddress(website: string): { readonly href: string; readonly host: string } | undefined {
  const url = URL.parse(website)
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
  return { href: url.href, host: url.host.replace(/^www\./, '') }
}

/**
 * Data for search engines, as a script block's text. In there nothing but `</script` and `<!--` would end or swallow
 * it, so no `<` is left; JSON reads the escape as the same character.
 */
export function jsonLd(data: object): string {
  const json = JSON.stringify({ '@context': 'https://schema.org', ...data })
  return `<script type="application/ld+json">${json.replaceAll('<', '\\u003c')}</script>`
}

/** `1 market`, `2 markets`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`
}

export function freeStalls(free: number): string {
  return free === 0 ? 'No free stalls' : count(free, 'free stall')
}

export function stallsLeft(free: number, all: number): string {
  if (free === 0) return all === 1 ? 'The only stall is taken' : `All ${count(all, 'stall')} are taken`
  return `${free.toLocaleString('en')} of ${count(all, 'stall')} ${free === 1 ? 'is' : 'are'} free`
}
