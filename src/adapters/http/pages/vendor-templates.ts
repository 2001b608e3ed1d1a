import { html } from 'ghtml'
import type { VendorPage, VendorsPage } from '../../../application/views/views.ts'
import { dateName, hoursName } from './dates.ts'
import { layout, vendorForm } from './layout.ts'
import {
  beginning,
  count,
  jsonLd,
  marketPath,
  pagesNav,
  placeName,
  sellsWhat,
  vendorPath,
  vendorsPath,
  webAddress,
} from './markup.ts'

/** The public list of vendors. `origin`: where the service is found, or empty. */
export function vendorsTemplate(page: VendorsPage, origin: string): string {
  const { total, q, product } = page
  const sought = `${q === null ? '' : ` for “${q}”`}${product === null ? '' : ` that sell ${product}`}`
  const title = `Vendors at farmers markets${sought}${page.page > 1 ? `, page ${page.page}` : ''}`
  return layout({
    title: `${title} · Marketflow`,
    description: 'Find who sells at farmers markets, what they sell, and at which markets.',
    canonical: (origin && origin + vendorsPath(page.page, page)) || undefined,
    indexed: total > 0,
    shared: total > 0 ? { title, type: 'website' } : undefined,
    head: total > 0 ? jsonLd(itemList(page, origin)) : '',
    main: html`<div class="hero">
<h1>Find a vendor</h1>
<p>See what each of them sells, and at which markets.</p>
!${vendorForm(page)}
</div>
!${total === 0 ? nothing(page) : found(page)}`,
  })
}

function found(page: VendorsPage): string {
  const { vendors, q, product, total, total_is_minimum, page_size } = page
  return html`<section aria-labelledby="found">
<div class="heading"><h2 id="found">${total_is_minimum ? 'More than ' : ''}${count(total, 'vendor')}!${q === null ? '' : html` for “<span dir="auto">${q}</span>”`}${product === null ? '' : `, selling ${product}`}</h2>!${q === null && product === null ? '' : '<a href="/v">All vendors</a>'}</div>
<ul class="cards">
!${vendors.map(card)}</ul>
!${pagesNav({ page: page.page, pages: Math.ceil(total / page_size), counted: total_is_minimum === undefined, hasNext: page.page * page_size < total || page.next_cursor !== undefined, path: (n) => vendorsPath(n, page) })}
</section>`
}

function card({
  id,
  business_name,
  category,
  description,
  products,
  market_count,
}: VendorsPage['vendors'][number]): string {
  return html`<li class="card"><h3 dir="auto"><a href="${vendorPath(id)}">${business_name}</a></h3>
!${category === '' ? '' : html`<p class="kind" dir="auto">${category}</p>`}
!${description === '' ? '' : html`<p class="says" dir="auto">${beginning(description)}</p>`}
!${sellsWhat(products)}
<p class="facts"><span>At ${count(market_count, 'market')}</span></p></li>
`
}

function nothing({ q, product }: VendorsPage): string {
  if (q === null && product === null) {
    return html`<section class="empty"><h2>No vendors yet</h2><p>The first one will show up here as soon as a market accepts it.</p></section>`
  }
  return html`<section class="empty"><h2>No vendors!${q === null ? '' : html` for “<span dir="auto">${q}</span>”`}${product === null ? '' : ` that sell ${product}`}</h2>
<p>We know of none who sells at a market now. Try fewer words!${product === null ? '' : html`, look for <a href="/?product=${encodeURIComponent(product)}">markets with ${product}</a>`}, or <a href="/v">see all vendors</a>.</p></section>`
}

function itemList({ vendors, page, page_size }: VendorsPage, origin: string): object {
  return {
    '@type': 'ItemList',
    itemListElement: vendors.map(({ business_name, id }, i) => ({
      '@type': 'ListItem',
      position: (page - 1) * page_size + i + 1,
      name: business_name,
      url: origin + vendorPath(id),
    })),
  }
}

/** One vendor. Search engines are told of it once it sells somewhere: until then none but itself says that there is such a vendor. */
export function vendorTemplate(vendor: VendorPage, origin: string): string {
  const { id, business_name, category, description, products, markets, website } = vendor
  const web = webAddress(website)
  const sellsAt = markets.length > 0
  const summary = sellsAt ? `Sells at ${count(markets.length, 'farmers market')}.` : 'A vendor.'
  return layout({
    title: `${business_name} · Marketflow`,
    description: description === '' ? summary : `${beginning(description)} ${summary}`,
    canonical: origin === '' ? undefined : origin + vendorPath(id),
    indexed: sellsAt,
    head: sellsAt ? jsonLd(organization(vendor, origin)) : '',
    shared: sellsAt ? { title: business_name, type: 'profile' } : undefined,
    main: html`<article>
<nav class="trail" aria-label="Breadcrumb"><a href="/v">All vendors</a></nav>
<h1 dir="auto">${business_name}</h1>
!${category === '' ? '' : html`<p class="kind" dir="auto">${category}</p>`}
!${description === '' ? '' : html`<p class="about" dir="auto">${description}</p>`}
!${web === undefined ? '' : html`<p class="ways"><a href="${web.href}" rel="nofollow ugc noopener">${web.host}</a></p>`}
!${products.length === 0 ? '' : html`<section aria-labelledby="sells"><h2 id="sells">Sells</h2><ul class="facts">!${products.map((product) => html`<li><a href="${vendorsPath(1, { product })}">${product}</a></li>`)}</ul></section>`}
!${where(markets)}
</article>`,
  })
}

function where(markets: VendorPage['markets']): string {
  if (markets.length === 0)
    return '<section><h2>Markets</h2><p class="none">It sells at no market now.</p></section>'
  return html`<section aria-labelledby="markets">
<h2 id="markets">Markets <span class="number">${markets.length}</span></h2>
<ul class="cards">
!${markets.map(
    ({
      slug,
      name,
      city,
      region,
      country,
      days,
    }) => html`<li class="card"><h3 dir="auto"><a href="${marketPath(slug)}">${name}</a></h3>
<p class="place" dir="auto">${placeName({ city, region })}</p>
!${days.map((day) => html`<p class="hours"><time datetime="${day.date}">${dateName(day.date, country)}</time>, <span>${hoursName(day, country)}</span></p>`)}</li>
`,
  )}</ul>
</section>`
}

/** https://schema.org/Organization */
function organization({ id, business_name, description, website, markets }: VendorPage, origin: string) {
  return {
    '@type': 'Organization',
    name: business_name,
    ...(description !== '' && { description }),
    url: origin + vendorPath(id),
    ...(webAddress(website) !== undefined && { sameAs: webAddress(website)?.href }),
    memberOf: markets.map(({ name, slug }) => ({
      '@type': 'LocalBusiness',
      name,
      url: origin + marketPath(slug),
    })),
  }
}
