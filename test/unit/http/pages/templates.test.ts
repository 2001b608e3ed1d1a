import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ICON, SCRIPT, STYLESHEET } from '../../../../src/adapters/http/pages/assets.ts'
import { HtmlPages } from '../../../../src/adapters/http/pages/html-pages.ts'
import type {
  MarketPage,
  MarketsPage,
  VendorPage,
  VendorsPage,
} from '../../../../src/application/views/views.ts'

const pages = new HtmlPages('https://markets.example.org')

const market: MarketPage = {
  slug: 'dock-market',
  name: 'Dock Market',
  city: 'Porto Alegre',
  region: 'RS',
  country: 'BR',
  street: 'Cais Mauá, 1',
  postcode: '90010-110',
  latitude: -30.0277,
  longitude: -51.2287,
  time_zone: 'America/Sao_Paulo',
  website: 'https://dock.example/market',
  description: 'Under the crane.\nOn Sundays.',
  status: 'active',
  stall_count: 5,
  vendor_count: 2,
  unclaimed: false,
  listing: null,
  organizer: 'Rosa',
  days: [
    {
      date: '2026-05-02',
      opens: '08:00',
      closes: '13:30',
      opens_at: '2026-05-02T11:00:00.000Z',
      closes_at: '2026-05-02T16:30:00.000Z',
      status: 'planned',
      note: '',
    },
    {
      date: '2026-05-09',
      opens: '08:00',
      closes: '13:30',
      opens_at: '2026-05-09T11:00:00.000Z',
      closes_at: '2026-05-09T16:30:00.000Z',
      status: 'cancelled',
      note: 'A flood',
    },
  ],
  night: null,
  vendors: [
    {
      id: '5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d',
      business_name: 'Apples & Co',
      category: 'fruit',
      description: 'Pears, too',
      website: 'https://apples.example/',
      products: ['fruit', 'juices'],
    },
    {
      id: '6b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d',
      business_name: 'Bees',
      category: '',
      description: '',
      website: '',
      products: [],
    },
  ],
}

const list: MarketsPage = {
  markets: [
    {
      id: crypto.randomUUID(),
      slug: 'dock-market',
      name: 'Dock Market',
      city: 'Porto Alegre',
      region: 'RS',
      country: 'BR',
      time_zone: 'America/Sao_Paulo',
      stall_count: 5,
      vendor_count: 2,
      unclaimed: false,
      listed_products: [],
    },
  ],
  total: 60,
  page: 2,
  page_size: 24,
  city: 'porto alegre',
  region: null,
  country: null,
  q: null,
  product: null,
  near: null,
  day: null,
}

const apples: VendorPage = {
  id: market.vendors[0]!.id,
  business_name: 'Apples & Co',
  category: 'fruit',
  description: 'Pears, too',
  website: 'https://apples.example/',
  products: ['fruit', 'baked goods'],
  markets: [
    {
      id: crypto.randomUUID(),
      slug: 'dock-market',
      name: 'Dock Market',
      city: 'Porto',
      region: '',
      country: 'PT',
      days: [{ date: '2026-05-02', opens: '08:00', closes: '13:00' }],
    },
  ],
}

const { website: _, markets: __, ...summary } = apples
const vendors: VendorsPage = {
  vendors: [{ ...summary, market_count: 1 }],
  total: 60,
  page: 2,
  page_size: 24,
  q: null,
  product: null,
}

/** What a browser would make tags of: the names of all elements, in order. */
function elements(html: string): string[] {
  return [...html.matchAll(/<([a-z][\w-]*|\/[a-z][\w-]*|!)/gi)].map((match) => match[1]!.toLowerCase())
}

/** What a reader sees, on one line. */
function text(html: string): string {
  return html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ ,/g, ',')
}

function linksOf(html: string): string[] {
  return Array.from(html.matchAll(/<a [^>]*?href="([^"]*)"/g), ([, href]) =>
    href!.replaceAll('&#38;', '&').replaceAll('&#61;', '='),
  )
}

const UNKNOWN = {
  region: '',
  country: '',
  street: '',
  postcode: '',
  latitude: null,
  longitude: null,
  time_zone: '',
  website: '',
}

function data(html: string): Record<string, unknown> {
  const [, text] = /<script type="application\/ld\+json">(.*?)<\/script>/s.exec(html)!
  return JSON.parse(text!)
}

const HOSTILE = [
  '</script><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '<!--',
  '&lt;b&gt;',
  '!{{7*7}}',
  '</title><h1>',
]
const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: fc.constantFrom(...'<>&"\'=/!-a ') }))

describe('whatever an organizer called a market', () => {
  it('is text on its page, and changes none of its elements', () => {
    const expected = elements(pages.market(market))
    fc.assert(
      fc.property(hostile, hostile, hostile, (one, other, third) => {
        const [vendor, ...rest] = market.vendors
        const named = {
          ...market,
          name: one,
          city: `.${other}`,
          region: `.${third}`,
          street: `.${one}`,
          postcode: `.${other}`,
          description: `.${third}`,
          organizer: one,
          vendors: [
            { ...vendor!, business_name: other, category: `.${third}`, description: `.${one}` },
            ...rest,
          ],
        }
        const html = pages.market(named)
        expect(elements(html)).toEqual(expected)
        expect(data(html)).toMatchObject({
          name: one,
          address: { streetAddress: `.${one}`, addressLocality: `.${other}`, addressRegion: `.${third}` },
          member: [{ name: other }, {}],
        })
      }),
    )
  })

  it('is text in the list, its title, its links and its form', () => {
    const expected = elements(pages.markets(list))
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const html = pages.markets({
          ...list,
          markets: [{ ...list.markets[0]!, name: one, city: `.${other}`, region: `.${one}` }],
          city: `.${other}`,
        })
        expect(elements(html)).toEqual(expected)
        expect(data(html)).toMatchObject({ itemListElement: [{ name: one }] })
      }),
    )
  })
})

describe('a vendor’s page', () => {
  const html = pages.vendor(apples)

  it('shows what it sells and where, and leads there; search engines are told the same', () => {
    expect(text(html)).toMatch(
      /Apples &#38; Co fruit Pears, too apples\.example Sells fruit baked goods Markets 1 Dock Market Porto Saturday, 2 May, 08:00 – 13:00/,
    )
    expect(linksOf(html)).toEqual(
      expect.arrayContaining(['/v', '/v?product=baked+goods', '/m/dock-market', 'https://apples.example/']),
    )
    expect(html).toContain(`<link rel="canonical" href="https://markets.example.org/v/${apples.id}">`)
    expect(data(html)).toEqual({
      '@context': 'https://schema.org',
      '@type': 'Organization',
      name: 'Apples & Co',
      description: 'Pears, too',
      url: `https://markets.example.org/v/${apples.id}`,
      sameAs: 'https://apples.example/',
      memberOf: [
        { '@type': 'LocalBusiness', name: 'Dock Market', url: 'https://markets.example.org/m/dock-market' },
      ],
    })
  })

  it('shows nothing of what is not known, and is kept from search engines until a market accepts it', () => {
    const bare = pages.vendor({
      ...apples,
      category: '',
      description: '',
      website: '',
      products: [],
      markets: [],
    })
    expect(text(bare)).toMatch(/Apples &#38; Co Markets It sells at no market now\. Never/)
    expect(bare).toContain('noindex')
    expect(bare).not.toMatch(/ld\+json|og:/)
    expect(html).not.toContain('noindex')
  })

  it('has as text what the vendor called itself, and links to no website that is none', () => {
    const expected = elements(html)
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const named = { ...apples, business_name: one, category: `.${other}`, description: `.${one}` }
        expect(elements(pages.vendor(named))).toEqual(expected)
        expect(data(pages.vendor(named))).toMatchObject({ name: one })
        expect(
          elements(
            pages.vendors({
              ...vendors,
              vendors: [{ ...vendors.vendors[0]!, ...named, market_count: 1 }],
              q: `.${other}`,
            }),
          ),
        ).toEqual(elements(pages.vendors({ ...vendors, q: 'x' })))
      }),
    )
    expect(pages.vendor({ ...apples, website: 'javascript:alert(1)' })).not.toContain('ugc')
  })
})

describe('the list of vendors', () => {
  it('shows what each sells and at how many markets, and leads from page to page as it is narrowed', () => {
    const html = pages.vendors({ ...vendors, product: 'fruit', q: 'apples' })
    expect(text(html)).toContain('60 vendors for “ apples ”, selling fruit')
    expect(text(html)).toContain('Apples &#38; Co fruit Pears, too Sells fruit, baked goods At 1 market')
    expect(linksOf(html)).toEqual(
      expect.arrayContaining([
        `/v/${apples.id}`,
        '/v?q=apples&product=fruit',
        '/v?q=apples&product=fruit&page=3',
      ]),
    )
    expect(html).toContain('<option selected>fruit</option>')
    const longer = pages.vendors({ ...vendors, total: 500, total_is_minimum: true })
    expect(text(longer)).toContain('More than 500 vendors')
    expect(text(longer)).toMatch(/Page 2 Next/)
  })

  it('says when there is none, and for what', () => {
    const none = { ...vendors, vendors: [], total: 0, page: 1 }
    expect(text(pages.vendors(none))).toContain('No vendors yet')
    const sought = pages.vendors({ ...none, product: 'baked goods' })
    expect(text(sought)).toContain('No vendors that sell baked goods')
    expect(linksOf(sought)).toContain('/?product=baked%20goods')
    expect(sought).toContain('noindex')
  })
})

describe('a market’s page', () => {
  it('leads to the pages of its vendors, and shows what each sells', () => {
    const html = pages.market(market)
    expect(linksOf(html)).toContain(`/v/${apples.id}`)
    expect(text(html)).toContain('Pears, too Sells fruit, juices apples.example')
    expect(html.match(/class="sells"/g)).toHaveLength(1)
  })

  const html = pages.market(market)

  it('names its own address, and its data does too', () => {
    expect(html).toContain('<link rel="canonical" href="https://markets.example.org/m/dock-market">')
    expect(data(html)).toEqual({
      '@context': 'https://schema.org',
      '@type': 'LocalBusiness',
      additionalType: expect.stringMatching(/^https:/),
      name: 'Dock Market',
      description: market.description,
      url: 'https://markets.example.org/m/dock-market',
      sameAs: 'https://dock.example/market',
      address: {
        '@type': 'PostalAddress',
        streetAddress: 'Cais Mauá, 1',
        addressLocality: 'Porto Alegre',
        addressRegion: 'RS',
        postalCode: '90010-110',
        addressCountry: 'BR',
      },
      geo: { '@type': 'GeoCoordinates', latitude: -30.0277, longitude: -51.2287 },
      openingHoursSpecification: [
        {
          '@type': 'OpeningHoursSpecification',
          validFrom: '2026-05-02',
          validThrough: '2026-05-02',
          opens: '08:00',
          closes: '13:30',
        },
      ],
      member: [
        { '@type': 'Organization', name: 'Apples & Co', url: 'https://apples.example/' },
        { '@type': 'Organization', name: 'Bees' },
      ],
    })
  })

  it('says when it opens next by its own clock, and what was cancelled', () => {
    expect(text(html)).toContain(
      'When Saturday 2 May 08:00 – 13:30 Saturday 9 May Cancelled A flood By the market’s clock (Brasilia Standard Time)',
    )
    expect(linksOf(html)).toContain('/m/dock-market.ics')
    const american = pages.market({ ...market, country: 'US', time_zone: 'America/Chicago' })
    expect(text(american)).toContain('Saturday, May 2 8:00 AM – 1:30 PM')
    expect(text(american)).toContain('(Central Time)')
    const unplanned = pages.market({ ...market, days: [] })
    expect(unplanned).not.toMatch(/When|\.ics|openingHours/)
    expect(text(pages.market({ ...market, status: 'closed' }))).not.toContain('When')
  })

  it('has the instants by which a reader’s clock tells whether it is open, and claims nothing itself', () => {
    const night = {
      date: '2026-05-01',
      opens: '20:00',
      closes: '02:00',
      opens_at: '2026-05-01T23:00:00.000Z',
      closes_at: '2026-05-02T05:00:00.000Z',
    }
    const shown = pages.market({ ...market, night })
    expect(text(shown)).not.toMatch(/Open now|Opens next/)
    expect(shown).toContain('<p id="now" role="status" hidden></p>')
    expect(shown.match(/data-opens="[^"]*"/g)).toEqual([
      'data-opens="2026-05-01T23:00:00.000Z"',
      ...market.days
        .filter(({ status }) => status === 'planned')
        .map(({ opens_at }) => `data-opens="${opens_at}"`),
    ])
    expect(shown).toMatch(
      /<li hidden[^>]*data-closes="2026-05-02T05:00:00.000Z" data-open="Open now, until 02:00"/,
    )
    expect(shown).toMatch(/data-next="Opens next on [^"]+, at 20:00"/)
    expect(html).not.toContain('<li hidden')
  })

  it('says where it is, and leads there', () => {
    expect(text(html)).toMatch(
      /Where Cais Mauá, 1 Porto Alegre, RS 90010-110 Brazil Directions dock\.example/,
    )
    expect(linksOf(html)).toContain('https://www.google.com/maps/dir/?api=1&destination=-30.0277%2C-51.2287')
    expect(linksOf(html)).toContain('/?city=Porto+Alegre&region=RS&country=BR')
  })

  it('is found by its address where its point on the map is unknown', () => {
    const [found] = linksOf(pages.market({ ...market, latitude: null, longitude: null })).filter((link) =>
      link.includes('/maps/'),
    )
    expect(new URL(found!).searchParams.get('destination')).toBe(
      'Dock Market, Cais Mauá, 1, Porto Alegre, RS 90010-110, Brazil',
    )
  })

  it('shows nothing of what is not known of the place', () => {
    const bare = pages.market({ ...market, ...UNKNOWN })
    expect(text(bare)).toMatch(/Where Porto Alegre Directions Stalls/)
    expect(bare).not.toMatch(/place:location|geo\.position|ugc.*dock/)
    expect(data(bare)).toMatchObject({
      address: { '@type': 'PostalAddress', addressLocality: 'Porto Alegre' },
    })
    expect(data(bare)).not.toHaveProperty('geo')
    expect(data(bare)).not.toHaveProperty('sameAs')
  })

  it('tells others what to show of it where its address is shared', () => {
    expect(html).toContain('<meta property="og:title" content="Dock Market, Porto Alegre, RS">')
    expect(html).toContain('<meta property="og:url" content="https://markets.example.org/m/dock-market">')
    expect(html).toContain('<meta property="place:location:latitude" content="-30.0277">')
  })

  it('names none where it is unknown', () => {
    const unknown = new HtmlPages(undefined).market(market)
    expect(unknown).not.toContain('canonical')
    expect(data(unknown).url).toBe('/m/dock-market')
  })

  it.each([
    [5, 2, '3 of 5 stalls are free'],
    [5, 4, '1 of 5 stalls is free'],
    [5, 5, 'All 5 stalls are taken'],
    [1, 1, 'The only stall is taken'],
    [10_000, 0, '10,000 of 10,000 stalls are free'],
  ])('with %i stalls and %i vendors says: %s', (stall_count, vendor_count, expected) => {
    expect(pages.market({ ...market, stall_count, vendor_count })).toContain(expected)
  })

  it('draws stalls, but not ten thousand', () => {
    expect(html.match(/<i class="taken">/g)).toHaveLength(2)
    expect(html.match(/<i>/g)).toHaveLength(3)
    expect(pages.market({ ...market, stall_count: 10_000 })).not.toMatch(/<i[ >]/)
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', '//evil.example', 'https://', 'apples'])(
    'links to no website like %s',
    (website) => {
      const [vendor] = market.vendors
      const page = pages.market({ ...market, website, vendors: [{ ...vendor!, website }] })
      expect(page).not.toContain('ugc')
      expect(data(page)).not.toHaveProperty('sameAs')
      expect(data(page)).not.toHaveProperty('member.0.url')
    },
  )

  it('says when the market is closed, and asks search engines to leave it out', () => {
    const closed = pages.market({ ...market, status: 'closed' })
    expect(closed).toContain('Closed at present.')
    expect(closed).toContain('<meta name="robots" content="noindex">')
    expect(closed).not.toContain('stalls are free')
    expect(closed).toContain('Apples &#38; Co')
    expect(html).not.toContain('noindex')
  })

  it('says when no vendor sells there yet', () => {
    expect(pages.market({ ...market, vendor_count: 0, vendors: [] })).toContain('No vendor sells here yet.')
  })
})

describe('the list', () => {
  const links = (html: string) =>
    Array.from(html.matchAll(/<a rel="(\w+)" href="([^"]*)"/g), ([, rel, href]) => [
      rel,
      href!.replaceAll('&#38;', '&').replaceAll('&#61;', '='),
    ])

  it('links to the pages before and after, in the same city', () => {
    expect(links(pages.markets(list))).toEqual([
      ['prev', '/?city=porto+alegre'],
      ['next', '/?city=porto+alegre&page=3'],
    ])
    expect(links(pages.markets({ ...list, page: 1, city: null }))).toEqual([['next', '/?page=2']])
    expect(links(pages.markets({ ...list, page: 3, city: null }))).toEqual([['prev', '/?page=2']])
    expect(links(pages.markets({ ...list, page: 1, total: 24 }))).toEqual([])
  })

  it('a list that is not counted to its end says so, and goes on as long as there are more', () => {
    const longest = { ...list, total: 500, total_is_minimum: true as const, page: 30 }
    const more = pages.markets({ ...longest, next_cursor: 'a' })
    expect(more).toContain('>More than 500 markets')
    expect(more).toContain('<span>Page 30</span>')
    expect(links(more).map(([, href]) => /page=(\d+)/.exec(href!)?.[1])).toContain('31')
    const last = links(pages.markets(longest)).map(([, href]) => /page=(\d+)/.exec(href!)?.[1])
    expect([last.includes('29'), last.includes('31')]).toEqual([true, false])
  })

  it('keeps in its form what was searched, spelled as its markets spell it', () => {
    expect(pages.markets(list)).toContain('value="Porto Alegre"')
    expect(pages.markets({ ...list, markets: [], total: 0, city: 'atlantis' })).toContain('value="atlantis"')
    expect(pages.markets({ ...list, city: null })).toContain('value=""')
  })

  it('tells cities of one name apart, and is narrowed by region and country', () => {
    const narrowed = pages.markets({ ...list, region: 'rs', country: 'br' })
    expect(text(narrowed)).toContain('60 markets in Porto Alegre, RS, Brazil')
    expect(narrowed).toContain('name="region" type="search" value="RS"')
    expect(narrowed).toContain('<input type="hidden" name="country" value="BR">')
    expect(links(narrowed)).toContainEqual(['next', '/?city=porto+alegre&region=rs&country=br&page=3'])
    expect(text(pages.markets({ ...list, city: null }))).toContain('Dock Market Porto Alegre, RS 2 vendors')
    const [abroad] = list.markets
    const ofNoRegion = { ...list, city: null, markets: [{ ...abroad!, region: '', country: 'PT' }] }
    expect(text(pages.markets(ofNoRegion))).toContain('Dock Market Porto Alegre, Portugal 2 vendors')
  })

  it('shows what directories list, and what was looked for in its heading, its form and its links', () => {
    const sold = {
      ...list,
      markets: [{ ...list.markets[0]!, listed_products: ['eggs', 'honey'] }],
      product: 'honey',
    }
    const html = pages.markets(sold)
    expect(text(html)).toContain('60 markets with honey in Porto Alegre')
    expect(text(html)).toContain('Porto Alegre, RS Sells eggs, honey 2 vendors')
    expect(html).toContain('<option selected>honey</option>')
    expect(links(html)).toContainEqual(['next', '/?product=honey&city=porto+alegre&page=3'])
    const none = pages.markets({ ...sold, markets: [], total: 0, page: 1, city: null })
    expect(text(none)).toContain('No markets with honey')
    expect(pages.markets(list)).not.toContain('class="sells"')
  })

  it('shows the hours of the days that were asked for', () => {
    const [day] = market.days
    const { status: _, note: __, ...open } = day!
    const weekend = { ...list, day: 'weekend', markets: [{ ...list.markets[0]!, days: [open] }] }
    expect(text(pages.markets(weekend))).toContain('60 markets in Porto Alegre open this weekend')
    expect(text(pages.markets(weekend))).toMatch(
      /Dock Market Porto Alegre, RS Saturday,? 2 May, 08:00 – 13:30/,
    )
    expect(pages.markets(weekend)).toContain('<option value="weekend" selected>')
    expect(links(pages.markets(weekend))).toContainEqual(['next', '/?city=porto+alegre&day=weekend&page=3'])
    const none = pages.markets({ ...list, day: '2026-05-04', markets: [], total: 0, page: 1, city: null })
    expect(text(none)).toContain('No market is open on 2026-05-04')
    expect(none).toContain('<option value="2026-05-04" selected>')
  })

  it('understands a city and its region in one field', () => {
    const typed = { ...list, markets: [], total: 0, page: 1, city: 'springfield, il' }
    expect(linksOf(pages.markets(typed))).toContain('/?city=springfield&region=il')
    expect(text(pages.markets({ ...typed, region: 'il' }))).not.toContain('Did you mean')
  })

  it('says when there is no market in a city, or none at all', () => {
    const nowhere = pages.markets({ ...list, markets: [], total: 0, page: 1, city: 'atlantis' })
    expect(nowhere).toContain('No markets in “<span dir="auto">atlantis</span>”')
    expect(nowhere).toContain('noindex')
    expect(pages.markets({ ...list, markets: [], total: 0, page: 1, city: null })).toContain('No markets yet')
  })

  it('says which words were looked for, keeps them in its form and its links, and says when no market has them', () => {
    const found = pages.markets({ ...list, q: 'brot & wein' })
    expect(found).toMatch(/60 markets for “<span dir="auto">brot &#38; wein<\/span>”/)
    expect(found).toContain('value="brot &#38; wein"')
    expect(links(found)).toEqual([
      ['prev', '/?q=brot+%26+wein&city=porto+alegre'],
      ['next', '/?q=brot+%26+wein&city=porto+alegre&page=3'],
    ])
    const none = pages.markets({ ...list, markets: [], total: 0, page: 1, q: 'brot', city: null })
    expect(none).toContain('No markets for “<span dir="auto">brot</span>”')
    expect(none).toContain('noindex')
  })

  it('tells how far away each is from the point that was asked for, and up to where it knows all', () => {
    const [first] = list.markets
    const near = {
      ...list,
      city: null,
      markets: [{ ...first!, distance_km: 2.4 }],
      near: { point: '45.5,-122.6', radius_km: 25 },
      complete_to_km: 25,
    }
    const html = pages.markets(near)
    expect(text(html)).toContain('60 markets within 25 km')
    expect(text(html)).toContain('2.4 km')
    expect(text(html)).not.toContain('too many')
    expect(html).toContain('value="45.5,-122.6"')
    expect(linksOf(html)).toContain('/?near=45.5%2C-122.6&radius_km=25&page=3')
    expect(html).toContain('noindex')
    expect(text(pages.markets({ ...near, complete_to_km: 12.3 }))).toContain(
      'too many to show all that are further away than 12.3 km',
    )
    expect(text(pages.markets({ ...near, markets: [], total: 0, page: 1 }))).toContain(
      'No markets within 25 km',
    )
  })

  it('says how many there are, one as one', () => {
    expect(pages.markets(list)).toMatch(/60 markets in .*Porto Alegre/)
    expect(pages.markets({ ...list, page: 1, total: 1, city: null })).toContain('>1 market<')
  })
})

describe('every page', () => {
  it.each([pages.market(market), pages.markets(list)])(
    'asks for nothing but our own three files, and runs nothing else',
    (html) => {
      const loaded = Array.from(
        html.matchAll(/<(?:img|link rel="(?:icon|stylesheet)"|script)[^>]*?(?:src|href)="([^"]*)"/g),
        ([, url]) => url,
      )
      expect(new Set(loaded)).toEqual(new Set([ICON.path, SCRIPT.path, STYLESHEET.path]))
      expect(html.replace(`<script src="${SCRIPT.path}" defer></script>`, '')).not.toMatch(
        /<script(?! type="application\/ld\+json")|style="|\son\w+="/,
      )
    },
  )
})

describe('the sitemap', () => {
  it('has an index of as many parts as the markets need', () => {
    const parts = (total: number) => pages.sitemapIndex({ total }).match(/<loc>[^<]*<\/loc>/g)
    expect(parts(0)).toEqual(['<loc>https://markets.example.org/sitemap/1.xml</loc>'])
    expect(parts(5000)).toHaveLength(1)
    expect(parts(5001)).toHaveLength(2)
    expect(parts(1_000_000)).toHaveLength(200)
  })

  it('has the address of every market', () => {
    expect(pages.sitemapPart({ slugs: ['a', 'b'] })).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n' +
        '<url><loc>https://markets.example.org/m/a</loc></url>\n' +
        '<url><loc>https://markets.example.org/m/b</loc></url>\n' +
        '</urlset>\n',
    )
  })
})

describe('the renderer’s version', () => {
  it('is the same for the same release, and another for another address', () => {
    expect(new HtmlPages('https://markets.example.org').version).toBe(pages.version)
    expect(new HtmlPages(undefined).version).not.toBe(pages.version)
  })
})
