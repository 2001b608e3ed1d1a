import { html } from 'ghtml'
import type { MarketsPage } from '../../../application/views/views.ts'
import { dateName, hoursName } from './dates.ts'
import { layout, nearForm, searchForm } from './layout.ts'
import {
  count,
  countryName,
  freeStalls,
  jsonLd,
  listPath,
  marketPath,
  type Narrowed,
  pagesNav,
  placeName,
  sellsWhat,
} from './markup.ts'

/** The public list. `origin`: where the service is found, or empty. */
export function marketsTemplate(page: MarketsPage, origin: string): string {
  const { total } = page
  const places = asWritten(page)
  const { near } = page
  const where = placeName(places)
  const when = dayName(page.day)
  const sought = `${page.q === null ? '' : ` for “${page.q}”`}${withProduct(page.product)}`
  const inPlace = near
    ? ` within ${near.radius_km} km of ${near.point}`
    : `${sought}${where && ` in ${where}`}`
  const openThen = when && ` open ${when}`
  const ofPages = page.page > 1 ? `, page ${page.page}` : ''
  const title = `Farmers markets${inPlace}${openThen}${ofPages}`
  return layout({
    title: `${title} · Marketflow`,
    description:
      inPlace + openThen === ''
        ? 'Find a farmers market, see who sells there and which stalls are free.'
        : `${counted(page, 'farmers market')}${inPlace}${openThen}: who sells there and which stalls are free.`,
    canonical: (origin && origin + listPath(page.page, page)) || undefined,
    indexed: total > 0 && near === null,
    shared: total > 0 ? { title, type: 'website' } : undefined,
    head: neighbours(page) + (total > 0 ? jsonLd(itemList(page, origin)) : ''),
    main: html`<div class="hero">
<h1>Find a farmers market</h1>
<p>See when it opens, who sells there, and where a stall is free.</p>
!${searchForm(places)}
!${nearForm(places)}
</div>
!${total === 0 ? nothing(page, where, when) : found(page, where, when)}`,
  })
}

/** As an organizer wrote them; the view has them as they are compared. */
function asWritten({ markets, q, product, city, region, country, day, near }: MarketsPage): Narrowed {
  const [first] = markets
  return {
    q,
    product,
    city: city && (first?.city ?? city),
    region: region && (first?.region ?? region),
    country: country && (first?.country ?? country.toUpperCase()),
    day,
    near,
  }
}

/** What was asked for, in the words of people; dates in the order that no country reads otherwise. */
function dayName(day: string | null): string {
  if (day === null || day === 'today') return day ?? ''
  return day === 'weekend' ? 'this weekend' : `on ${day}`
}

function withProduct(product: string | null): string {
  return product === null ? '' : ` with ${product}`
}

/** Of a list by date, no more than some are counted. */
function counted({ total, total_is_minimum }: MarketsPage, noun: string): string {
  return `${total_is_minimum ? 'More than ' : ''}${count(total, noun)}`
}

function found(page: MarketsPage, place: string, when: string): string {
  const { markets, q, product, near } = page
  return html`<section aria-labelledby="found">
<div class="heading"><h2 id="found">${counted(page, 'market')}!${q === null ? '' : html` for “<span dir="auto">${q}</span>”`}${withProduct(product)}!${place === '' ? '' : html` in <span dir="auto">${place}</span>`}!${near === null ? '' : ` within ${near.radius_km} km`}!${when === '' ? '' : ` open ${when}`}</h2>!${q === null && product === null && near === null && place + when === '' ? '' : '<a href="/">All markets</a>'}</div>
!${incomplete(page)}
<ul class="cards">
!${markets.map((market) => card(market, page))}</ul>
!${pagesNav({ page: page.page, pages: Math.ceil(page.total / page.page_size), counted: page.total_is_minimum === undefined, hasNext: hasNext(page), path: (n) => listPath(n, page) })}
</section>`
}

/** Where so many are near that some further away are left out. */
function incomplete({ near, complete_to_km }: MarketsPage): string {
  if (near === null || complete_to_km === undefined || complete_to_km >= near.radius_km) return ''
  return html`<p>There are too many to show all that are further away than ${complete_to_km} km.</p>`
}

/** A country is told where the list may have markets of several. */
function card(
  {
    slug,
    name,
    city,
    region,
    country,
    stall_count,
    vendor_count,
    days = [],
    distance_km,
    listed_products,
  }: MarketsPage['markets'][number],
  list: MarketsPage,
): string {
  const ofCountry = list.country === null && region === '' && country !== ''
  return html`<li class="card"><h3 dir="auto"><a href="${marketPath(slug)}">${name}</a></h3>
<p class="place" dir="auto">${placeName({ city, region })}${ofCountry ? `, ${countryName(country)}` : ''}!${distance_km === undefined ? '' : html` <span class="distance">${distance_km} km</span>`}</p>
!${days.map((day) => html`<p class="hours"><time datetime="${day.opens_at}">${dateName(day.date, country)}</time>, <span>${hoursName(day, country)}</span></p>`)}
!${sellsWhat(listed_products)}
!${stall_count === null ? '' : stallsOf(stall_count - vendor_count, vendor_count)}</li>
`
}

function stallsOf(free: number, vendors: number): string {
  return html`<p class="facts"><span>${vendors === 0 ? 'No vendors yet' : count(vendors, 'vendor')}</span><span class="${free === 0 ? 'full' : 'free'}">${freeStalls(free)}</span></p>`
}

function nothing(
  { q, product, city, region, country, near }: MarketsPage,
  place: string,
  when: string,
): string {
  if (near !== null) {
    return html`<section class="empty"><h2>No markets within ${near.radius_km} km!${when && ` open ${when}`}</h2>
<p>We know of none whose place on the map we have. Try further away, or <a href="/">see all markets</a>.</p></section>`
  }
  if (q !== null) {
    return html`<section class="empty"><h2>No markets for “<span dir="auto">${q}</span>”${withProduct(product)}!${place === '' ? '' : html` in <span dir="auto">${place}</span>`}!${when === '' ? '' : ` open ${when}`}</h2>
<p>No market has all of these words in its name or place, or in the names of those who sell there. Try fewer words, or <a href="/">see all markets</a>.</p></section>`
  }
  if (product !== null) {
    return html`<section class="empty"><h2>No markets with ${product}!${place === '' ? '' : html` in <span dir="auto">${place}</span>`}!${when === '' ? '' : ` open ${when}`}</h2>
<p>We know of none that says so. Markets are found by what directories and their vendors tell; try another place, or <a href="/">see all markets</a>.</p></section>`
  }
  if (when !== '') {
    return html`<section class="empty"><h2>No market!${place && html` in “<span dir="auto">${place}</span>”`} is open ${when}</h2>
<p>We know of none. <a href="${listPath(1, { city, region, country })}">See those that open on other days</a>.</p></section>`
  }
  if (place === '') {
    return html`<section class="empty"><h2>No markets yet</h2><p>The first one will show up here as soon as it opens.</p></section>`
  }
  return html`<section class="empty"><h2>No markets in “<span dir="auto">${place}</span>”</h2>
!${inOneField(city, region, country)}
<p>We know of none there. Check the spelling, try a bigger city nearby, or <a href="/">see all markets</a>.</p></section>`
}

/** `Springfield, IL` may have been meant as city and region. */
function inOneField(city: string | null, region: string | null, country: string | null): string {
  const parts = /^(.*[^,\s])\s*,\s*([^,]+)$/.exec(city ?? '')
  if (parts === null || region !== null) return ''
  const places = { city: parts[1]!, region: parts[2]!, country }
  return html`<p>Did you mean <a href="${listPath(1, places)}" dir="auto">${places.city} in ${places.region.toUpperCase()}</a>?</p>`
}

function hasNext({ page, page_size, total, next_cursor }: MarketsPage): boolean {
  return page * page_size < total || next_cursor !== undefined
}

function neighbours(list: MarketsPage): string {
  const { page } = list
  const previous = page > 1 ? html`<link rel="prev" href="${listPath(page - 1, list)}">` : ''
  return previous + (hasNext(list) ? html`<link rel="next" href="${listPath(page + 1, list)}">` : '')
}

function itemList({ markets, page, page_size }: MarketsPage, origin: string): object {
  return {
    '@type': 'ItemList',
    itemListElement: markets.map(({ name, slug }, i) => ({
      '@type': 'ListItem',
      position: (page - 1) * page_size + i + 1,
      name,
      url: origin + marketPath(slug),
    })),
  }
}
