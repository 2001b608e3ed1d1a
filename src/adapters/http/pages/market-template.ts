import { html } from 'ghtml'
import type { MarketPage } from '../../../application/views/views.ts'
import { dateName, hoursName, timeName, zoneName } from './dates.ts'
import { layout } from './layout.ts'
import { listedDay, listedHours } from './listed-hours.ts'
import {
  beginning,
  count,
  countryName,
  freeStalls,
  jsonLd,
  listPath,
  marketPath,
  placeName,
  postalLines,
  sellsWhat,
  stallsLeft,
  vendorPath,
  webAddress,
} from './markup.ts'

type OpenDay = NonNullable<MarketPage['night']>

/** More stalls than this are only told, not drawn. */
const MOST_DRAWN = 200

/** One market. `origin`: where the service is found, or empty. */
export function marketTemplate(market: MarketPage, origin: string): string {
  const { slug, name, city, region, country, description, status, organizer } = market
  const open = status === 'active'
  const place = placeName({ city, region })
  const summary = open ? sells(market) : `${[name, place].filter(Boolean).join(' in ')} is closed at present.`
  const title = [name, place].filter(Boolean).join(', ')
  return layout({
    title: `${title} · Marketflow`,
    description: description === '' ? summary : `${beginning(description)} ${summary}`,
    canonical: origin === '' ? undefined : origin + marketPath(slug),
    indexed: open,
    head: point(market) + (open ? jsonLd(localBusiness(market, origin)) : ''),
    shared: { title, type: 'place' },
    main: html`<article>
<nav class="trail" aria-label="Breadcrumb"><a href="/">All markets</a>!${place === '' ? '' : html`<span aria-hidden="true">›</span><a href="${listPath(1, { city, region, country })}" dir="auto">${place}</a>`}</nav>
<h1 dir="auto">${name}</h1>
!${open ? '' : '<p class="notice"><strong>Closed at present.</strong> This market takes no visitors and no new vendors until it opens again.</p>'}
!${description === '' ? '' : html`<p class="about" dir="auto">${description}</p>`}
!${organizer === null ? '' : html`<p class="by">Organized by <span dir="auto">${organizer}</span></p>`}
!${open ? days(market) : ''}
!${whereabouts(market)}
!${listed(market)}
!${open ? stalls(market) : ''}
!${vendors(market)}
</article>`,
  })
}

function sells({ name, city, region, vendor_count, stall_count }: MarketPage): string {
  if (stall_count === null)
    return [`${name}, a farmers market`, placeName({ city, region })].filter(Boolean).join(' in ').concat('.')
  return `${count(vendor_count, 'vendor')} at ${name} in ${placeName({ city, region })}. ${freeStalls(stall_count - vendor_count)}.`
}

/** What the reader's own clock makes of a day: this page is the same at any minute, and claims nothing of it. */
function said({ date, opens, closes, opens_at, closes_at }: OpenDay, country: string): string {
  return html` data-opens="${opens_at}" data-closes="${closes_at}" data-open="Open now, until ${timeName(closes, country)}" data-next="Opens next on ${dateName(date, country)}, at ${timeName(opens, country)}"`
}

/** The next days, by the market's clock. */
function days({ slug, days, night, country, time_zone }: MarketPage): string {
  if (days.length === 0) return ''
  return html`<section aria-labelledby="days">
<h2 id="days">When</h2>
<p id="now" role="status" hidden></p>
<ul class="days">
!${night === null ? '' : html`<li hidden!${said(night, country)}></li>`}!${days.map(
    (
      day,
    ) => html`<li class="${day.status}"!${day.status === 'planned' ? said(day, country) : ''}><time datetime="${day.opens_at}">${dateName(day.date, country)}</time> <span>!${
      day.status === 'cancelled' ? '<strong>Cancelled</strong>' : hoursName(day, country)
    }</span>!${day.note === '' ? '' : html` <span class="note" dir="auto">${day.note}</span>`}</li>
`,
  )}</ul>
<p class="ways"><span>!${time_zone === '' ? '' : html`By the market’s clock (${zoneName(time_zone)}).`}</span> <a href="${marketPath(slug)}.ics">Add to calendar</a></p>
</section>`
}

/** What is known of where it is, and how to get there. What is not known is not shown. */
function whereabouts(market: MarketPage): string {
  const web = webAddress(market.website)
  return html`<section class="whereabouts" aria-labelledby="whereabouts">
<h2 id="whereabouts">Where</h2>
<address>!${postalLines(market)
    .map((line) => html`<span dir="auto">${line}</span>`)
    .join('<br>')}</address>
<p class="ways"><a href="${directions(market)}" rel="noopener">Directions</a>!${web === undefined ? '' : html`<a href="${web.href}" rel="nofollow ugc noopener">${web.host}</a>`}</p>
</section>`
}

/** https://developers.google.com/maps/documentation/urls: opens the map that the reader's device has for it. */
function directions({ latitude, longitude, ...market }: MarketPage): string {
  const { name, street, city, region, postcode, country } = market
  const address = [
    name,
    street,
    city,
    [region, postcode].filter(Boolean).join(' '),
    country && countryName(country),
  ]
  const destination = latitude === null ? address.filter(Boolean).join(', ') : `${latitude},${longitude}`
  return `https://www.google.com/maps/dir/?${new URLSearchParams({ api: '1', destination })}`
}

/** https://ogp.me and the older name of the same, for those who draw maps of pages. */
function point({ latitude, longitude }: MarketPage): string {
  if (latitude === null) return ''
  return html`<meta property="place:location:latitude" content="${latitude}"><meta property="place:location:longitude" content="${longitude}"><meta name="geo.position" content="${latitude};${longitude}">
`
}

/** What a directory says, with the day it said it: whether that still holds is not known here. */
function listed({ listing, unclaimed, country }: MarketPage): string {
  if (listing === null) return ''
  const { listed_by, updated_on, hours, products, payment } = listing
  const facts = [
    ['Sells', products],
    ['Takes', payment],
  ] as const
  return html`<section class="listed" aria-labelledby="listed">
<h2 id="listed">As listed</h2>
!${hours.length === 0 ? '' : html`<ul class="seasons">!${hours.map((season) => html`<li>${listedHours(season, country)}</li>`)}</ul>`}
!${facts.map(([verb, what]) => (what.length === 0 ? '' : html`<p>${verb} ${what.join(', ')}.</p>`))}
<p class="by">Listed by <span dir="auto">${listed_by}</span>${updated_on === null ? '' : `, last updated ${listedDay(updated_on, country)}`}.</p>
!${unclaimed ? '<p class="none">It has no organizer here, and takes no applications.</p>' : ''}
</section>`
}

function stalls({ stall_count, vendor_count }: MarketPage): string {
  if (stall_count === null) return ''
  const free = stall_count - vendor_count
  return html`<section class="stalls" aria-labelledby="stalls">
<h2 id="stalls">Stalls</h2>
<p><strong class="${free === 0 ? 'full' : 'free'}">${stallsLeft(free, stall_count)}</strong></p>
!${stall_count > MOST_DRAWN ? '' : html`<p class="row" aria-hidden="true">!${'<i class="taken"></i>'.repeat(vendor_count)}!${'<i></i>'.repeat(free)}</p>`}
</section>`
}

function vendors({ vendors, status, unclaimed }: MarketPage): string {
  const heading = status === 'active' ? 'Vendors' : 'Vendors when it is open'
  if (vendors.length === 0) {
    if (status === 'closed' || unclaimed) return ''
    return html`<section><h2>${heading}</h2><p class="none">No vendor sells here yet.</p></section>`
  }
  return html`<section aria-labelledby="vendors">
<h2 id="vendors">${heading} <span class="number">${vendors.length}</span></h2>
<ul class="cards">
!${vendors.map(vendor)}</ul>
</section>`
}

function vendor({
  id,
  business_name,
  category,
  description,
  website,
  products,
}: MarketPage['vendors'][number]): string {
  const address = webAddress(website)
  return html`<li class="card"><h3 dir="auto"><a href="${vendorPath(id)}">${business_name}</a></h3>
!${category === '' ? '' : html`<p class="kind" dir="auto">${category}</p>`}
!${description === '' ? '' : html`<p class="says" dir="auto">${description}</p>`}
!${sellsWhat(products)}
!${address === undefined ? '' : html`<p><a href="${address.href}" rel="nofollow ugc noopener">${address.host}</a></p>`}</li>
`
}

/** https://schema.org/LocalBusiness: a place and an organization, which a market is; it has no type of its own. */
function localBusiness(market: MarketPage, origin: string): object {
  const days = market.days.filter(({ status }) => status === 'planned')
  const { slug, name, description, vendors, latitude, longitude, website } = market
  return {
    '@type': 'LocalBusiness',
    additionalType: 'https://en.wikipedia.org/wiki/Farmers%27_market',
    name,
    ...(description !== '' && { description }),
    url: origin + marketPath(slug),
    ...(webAddress(website) !== undefined && { sameAs: webAddress(website)?.href }),
    address: postalAddress(market),
    ...(latitude !== null && { geo: { '@type': 'GeoCoordinates', latitude, longitude } }),
    ...(days.length > 0 && { openingHoursSpecification: days.map(openingHours) }),
    member: vendors.map(({ business_name, website }) => ({
      '@type': 'Organization',
      name: business_name,
      ...(webAddress(website) !== undefined && { url: webAddress(website)?.href }),
    })),
  }
}

function openingHours({ date, opens, closes }: MarketPage['days'][number]): object {
  return { '@type': 'OpeningHoursSpecification', validFrom: date, validThrough: date, opens, closes }
}

function postalAddress({ street, city, region, postcode, country }: MarketPage): object {
  const known = {
    streetAddress: street,
    addressLocality: city,
    addressRegion: region,
    postalCode: postcode,
    addressCountry: country,
  }
  return {
    '@type': 'PostalAddress',
    ...Object.fromEntries(Object.entries(known).filter(([, text]) => text !== '')),
  }
}
