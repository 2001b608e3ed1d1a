import { html } from 'ghtml'
import { RADII_KM } from '../../../domain/grid.ts'
import { SEARCH_LIMITS } from '../../../domain/market.ts'
import { PRODUCTS } from '../../../domain/products.ts'
import { ICON, SCRIPT, STYLESHEET } from './assets.ts'
import type { Narrowed } from './markup.ts'

export interface Layout {
  readonly title: string
  readonly description?: string
  /** The page's own address, where one is known. */
  readonly canonical?: string | undefined
  /** False keeps the page out of search engines. */
  readonly indexed?: boolean
  /** Text that is HTML already: links for the head, data for search engines. */
  readonly head?: string
  /** What is shown of it where its address is shared, beside title and description. Absent where it is not to be. */
  readonly shared?: { readonly title: string; readonly type: string } | undefined
  readonly main: string
  /** False where nothing was looked up, so that nothing can be promised of it. */
  readonly verified?: boolean
}

const MAIN = '<main id="main">'
const PROMISE = '<p>Never out of date: pages show every change as soon as it is saved.</p>'
const NOT_VERIFIED =
  '<p class="notice" role="status"><strong>This page could not be verified just now.</strong> It may lack the latest changes.</p>'

/**
 * A page as it was cached, when it cannot be verified: it says so where its reader begins, and promises nothing. What a
 * page is made of is escaped, so that neither text occurs in it but where the layout put it.
 */
export function asUnverified(page: Buffer): Buffer {
  const text = page.toString()
  return Buffer.from(text.replace(MAIN, `${MAIN}\n${NOT_VERIFIED}`).replace(PROMISE, ''))
}

/** What every page has around it. Everything that is not marked `!` is escaped. */
export function layout({
  title,
  description,
  canonical,
  indexed = true,
  head = '',
  shared,
  main,
  verified = true,
}: Layout): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
!${description === undefined ? '' : html`<meta name="description" content="${description}">`}
!${indexed ? '' : '<meta name="robots" content="noindex">'}
!${canonical === undefined ? '' : html`<link rel="canonical" href="${canonical}">`}
<meta name="color-scheme" content="light dark">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#22543d">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#14261d">
!${shared === undefined ? '' : openGraph(shared, description, canonical)}
<link rel="icon" href="${ICON.path}" type="image/svg+xml">
<link rel="stylesheet" href="${STYLESHEET.path}">
<script src="${SCRIPT.path}" defer></script>
!${head}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top"><a class="brand" href="/"><img src="${ICON.path}" alt="" width="32" height="32">Marketflow</a><nav aria-label="Lists"><a href="/">Markets</a> <a href="/v">Vendors</a></nav></header>
!${MAIN}
!${main}
</main>
<footer>!${verified ? PROMISE : ''}<p><a href="/account">Your account</a></p></footer>
</body>
</html>
`
}

/** https://ogp.me */
function openGraph(
  { title, type }: NonNullable<Layout['shared']>,
  description: string | undefined,
  url: string | undefined,
): string {
  const properties = { title, type, description, url, site_name: 'Marketflow' }
  return Object.entries(properties)
    .filter(([, content]) => content !== undefined)
    .map(([name, content]) => html`<meta property="og:${name}" content="${content}">`)
    .join('\n')
}

/** When markets may be asked for, in the words of an address and of people. */
const DAYS: readonly (readonly [string, string])[] = [
  ['', 'any day'],
  ['today', 'today'],
  ['weekend', 'this weekend'],
]

/** A search around a point. The button that asks the browser where it is, is shown by the script that can. */
export function nearForm({ near, day }: Narrowed = {}): string {
  return html`<details class="near"!${near ? ' open' : ''}><summary>Near a point</summary>
<search aria-label="Near a point"><form action="/" method="get">
<div class="fields">
<div class="wide"><label for="near">Latitude, longitude</label><input id="near" name="near" type="search" value="${near?.point ?? ''}" required placeholder="45.52, -122.68" enterkeyhint="search"></div>
<div><label for="radius">Within</label><select id="radius" name="radius_km">
!${RADII_KM.map((km) => html`<option value="${km}"!${km === (near?.radius_km ?? 25) ? ' selected' : ''}>${km} km</option>`)}</select></div>
!${day ? html`<input type="hidden" name="day" value="${day}">` : ''}<button type="submit">Search</button><button type="button" id="locate" hidden>Near me</button>
</div>
</form></search></details>`
}

function productField(product: string | null | undefined): string {
  return html`<div><label for="product">Sells</label><select id="product" name="product">
<option value="">anything</option>
!${PRODUCTS.map(
    (each) => html`<option!${each === product ? ' selected' : ''}>${each}</option>
`,
  )}</select></div>`
}

/** A search for vendors, which needs no script either. */
export function vendorForm({ q, product }: Pick<Narrowed, 'q' | 'product'>): string {
  return html`<search><form action="/v" method="get">
<div class="fields">
<div class="wide"><label for="q">Vendor</label><input id="q" name="q" type="search" value="${q ?? ''}" maxlength="${SEARCH_LIMITS.longest}" placeholder="Any" enterkeyhint="search"></div>
!${productField(product)}
<button type="submit">Search</button>
</div>
</form></search>`
}

/** The longest name of a city or region that a market can have. */
const LONGEST = 120

/** A search by words and place that needs no script. */
export function searchForm({ q, product, city, region, country, day }: Narrowed = {}): string {
  return html`<search><form action="/" method="get">
<div class="fields">
<div class="wide"><label for="city">City</label><input id="city" name="city" type="search" value="${city ?? ''}" maxlength="${LONGEST}" placeholder="Portland" autocomplete="address-level2" enterkeyhint="search"></div>
<div><label for="region">State or region</label><input id="region" name="region" type="search" value="${region ?? ''}" maxlength="${LONGEST}" placeholder="Any" autocomplete="address-level1" enterkeyhint="search"></div>
<div><label for="q">Name</label><input id="q" name="q" type="search" value="${q ?? ''}" maxlength="${SEARCH_LIMITS.longest}" placeholder="Any" enterkeyhint="search"></div>
!${productField(product)}
<div><label for="day">Open</label><select id="day" name="day">
!${DAYS.concat(day && !DAYS.some(([value]) => value === day) ? [[day, `on ${day}`]] : []).map(
    ([
      value,
      words,
    ]) => html`<option value="${value}"!${value === (day ?? '') ? ' selected' : ''}>${words}</option>
`,
  )}</select></div>
!${country ? html`<input type="hidden" name="country" value="${country}">` : ''}<button type="submit">Search</button>
</div>
</form></search>`
}
