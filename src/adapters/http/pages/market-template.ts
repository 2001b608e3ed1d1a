import { html } from 'ghtml'
import type { MarketPage } from '../../../application/views/views.ts'
import { layout } from './layout.ts'
import { count, freeStalls, jsonLd, listPath, marketPath, stallsLeft, webAddress } from './markup.ts'

/** More stalls than this are only told, not drawn. */
const MOST_DRAWN = 200

/** One market. `origin`: where the service is found, or empty. */
export function marketTemplate(market: MarketPage, origin: string): string {
  const { slug, name, city, description, status, organizer } = market
  const open = status === 'active'
  const summary = open ? sells(market) : `${name} in ${city} is closed at present.`
  return layout({
    title: `${name}, ${city} · Marketflow`,
    description: description === '' ? summary : `${beginning(description)} ${summary}`,
    canonical: origin === '' ? undefined : origin + marketPath(slug),
    indexed: open,
    head: open ? jsonLd(localBusiness(market, origin)) : '',
    main: html`<article>
<nav class="trail" aria-label="Breadcrumb"><a href="/">All markets</a><span aria-hidden="true">›</span><a href="${listPath(1, city)}" dir="auto">${city}</a></nav>
<h1 dir="auto">${name}</h1>
!${open ? '' : '<p class="notice"><strong>Closed at present.</strong> This market takes no visitors and no new vendors until it opens again.</p>'}
!${description === '' ? '' : html`<p class="about" dir="auto">${description}</p>`}
<p class="by">Organized by <span dir="auto">${organizer}</span></p>
!${open ? stalls(market) : ''}
!${vendors(market)}
</article>`,
  })
}

/** Enough for a search result, without half a character at its end. */
function beginning(text: string): string {
  const characters = Array.from(text)
  return characters.length <= 200 ? text : `${characters.slice(0, 199).join('')}…`
}

function sells({ name, city, vendor_count, stall_count }: MarketPage): string {
  return `${count(vendor_count, 'vendor')} at ${name} in ${city}. ${freeStalls(stall_count - vendor_count)}.`
}

function stalls({ stall_count, vendor_count }: MarketPage): string {
  const free = stall_count - vendor_count
  return html`<section class="stalls" aria-labelledby="stalls">
<h2 id="stalls">Stalls</h2>
<p><strong class="${free === 0 ? 'full' : 'free'}">${stallsLeft(free, stall_count)}</strong></p>
!${stall_count > MOST_DRAWN ? '' : html`<p class="row" aria-hidden="true">!${'<i class="taken"></i>'.repeat(vendor_count)}!${'<i></i>'.repeat(free)}</p>`}
</section>`
}

function vendors({ vendors, status }: MarketPage): string {
  const heading = status === 'active' ? 'Vendors' : 'Vendors when it is open'
  if (vendors.length === 0) {
    if (status === 'closed') return ''
    return html`<section><h2>${heading}</h2><p class="none">No vendor sells here yet.</p></section>`
  }
  return html`<section aria-labelledby="vendors">
<h2 id="vendors">${heading} <span class="number">${vendors.length}</span></h2>
<ul class="cards">
!${vendors.map(vendor)}</ul>
</section>`
}

function vendor({ business_name, category, description, website }: MarketPage['vendors'][number]): string {
  const address = webAddress(website)
  return html`<li class="card"><h3 dir="auto">${business_name}</h3>
!${category === '' ? '' : html`<p class="kind" dir="auto">${category}</p>`}
!${description === '' ? '' : html`<p class="says" dir="auto">${description}</p>`}
!${address === undefined ? '' : html`<p><a href="${address.href}" rel="nofollow ugc noopener">${address.host}</a></p>`}</li>
`
}

/** https://schema.org/LocalBusiness: a place and an organization, which a market is; it has no type of its own. */
function localBusiness(market: MarketPage, origin: string): object {
  const { slug, name, city, description, vendors } = market
  return {
    '@type': 'LocalBusiness',
    additionalType: 'https://en.wikipedia.org/wiki/Farmers%27_market',
    name,
    ...(description !== '' && { description }),
    url: origin + marketPath(slug),
    address: { '@type': 'PostalAddress', addressLocality: city },
    member: vendors.map(({ business_name, website }) => ({
      '@type': 'Organization',
      name: business_name,
      ...(webAddress(website) !== undefined && { url: webAddress(website)?.href }),
    })),
  }
}
