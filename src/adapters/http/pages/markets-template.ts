import { html } from 'ghtml'
import type { MarketsPage } from '../../../application/views/views.ts'
import { layout, searchForm } from './layout.ts'
import { count, freeStalls, jsonLd, listPath, marketPath } from './markup.ts'

/** The public list. `origin`: where the service is found, or empty. */
export function marketsTemplate(page: MarketsPage, origin: string): string {
  const { markets, total, city } = page
  // As an organizer wrote it; the view has it as it is compared.
  const place = city === null ? '' : (markets[0]?.city ?? city)
  const pages = Math.ceil(total / page.page_size)
  const ofPages = page.page > 1 ? `, page ${page.page}` : ''
  return layout({
    title: `${city === null ? 'Farmers markets' : `Farmers markets in ${place}`}${ofPages} · Marketflow`,
    description:
      city === null
        ? 'Find a farmers market, see who sells there and which stalls are free.'
        : `${count(total, 'farmers market')} in ${place}: who sells there and which stalls are free.`,
    canonical: (origin && origin + listPath(page.page, city)) || undefined,
    indexed: total > 0,
    head: neighbours(page, pages) + (total > 0 ? jsonLd(itemList(page, origin)) : ''),
    main: html`<div class="hero">
<h1>Find a farmers market</h1>
<p>See who sells there, and where a stall is free.</p>
!${searchForm(place)}
</div>
!${total === 0 ? nothing(city, place) : found(page, place, pages)}`,
  })
}

function found(page: MarketsPage, place: string, pages: number): string {
  const { markets, total, city } = page
  return html`<section aria-labelledby="found">
<div class="heading"><h2 id="found">${count(total, 'market')}!${city === null ? '' : html` in <span dir="auto">${place}</span>`}</h2>!${city === null ? '' : '<a href="/">All markets</a>'}</div>
<ul class="cards">
!${markets.map(card)}</ul>
!${pages > 1 ? paging(page, pages) : ''}
</section>`
}

function card({ slug, name, city, stall_count, vendor_count }: MarketsPage['markets'][number]): string {
  const free = stall_count - vendor_count
  return html`<li class="card"><h3 dir="auto"><a href="${marketPath(slug)}">${name}</a></h3>
<p class="place" dir="auto">${city}</p>
<p class="facts"><span>${vendor_count === 0 ? 'No vendors yet' : count(vendor_count, 'vendor')}</span><span class="${free === 0 ? 'full' : 'free'}">${freeStalls(free)}</span></p></li>
`
}

function nothing(city: string | null, place: string): string {
  if (city === null) {
    return html`<section class="empty"><h2>No markets yet</h2><p>The first one will show up here as soon as it opens.</p></section>`
  }
  return html`<section class="empty"><h2>No markets in “<span dir="auto">${place}</span>”</h2>
<p>We know of none there. Check the spelling, try a bigger city nearby, or <a href="/">see all markets</a>.</p></section>`
}

function paging({ page, city }: MarketsPage, pages: number): string {
  return html`<nav class="pages" aria-label="Pages">
!${page > 1 ? html`<a rel="prev" href="${listPath(page - 1, city)}"><span aria-hidden="true">← </span>Previous</a>` : '<span></span>'}
<span>Page ${page} of ${pages}</span>
!${page < pages ? html`<a rel="next" href="${listPath(page + 1, city)}">Next<span aria-hidden="true"> →</span></a>` : '<span></span>'}
</nav>`
}

function neighbours({ page, city }: MarketsPage, pages: number): string {
  const previous = page > 1 ? html`<link rel="prev" href="${listPath(page - 1, city)}">` : ''
  return previous + (page < pages ? html`<link rel="next" href="${listPath(page + 1, city)}">` : '')
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
