import { expect, it } from 'vitest'
import { assertKnownTags, TAG_FORMS } from '../../../src/application/tables/known-tags.ts'
import { everyTags, tags } from '../../../src/application/tables/tags.ts'
import { MarketflowError } from '../../../src/domain/errors.ts'
import { normalizePlace } from '../../../src/domain/market.ts'

const ID = '8a64ea05-90ce-43e8-872f-bf8324b7ac58'

it('every tag that the application makes is known', () => {
  const made = [
    tags.listings(),
    ...['Lisbon', 'São  João da Madeira', 'a:b', '100 %', 'Ōsaka'].map((city) =>
      tags.cityListings(normalizePlace(city)),
    ),
    tags.regionListings(normalizePlace('São Paulo')),
    tags.countryListings(normalizePlace('BR')),
    tags.marketPage('dock-market'),
    ...[
      tags.market,
      tags.marketStats,
      tags.marketApplications,
      tags.vendor,
      tags.organizer,
      tags.account,
    ].map((make) => make(ID.toUpperCase())),
    ...everyTags,
  ]
  expect(() => assertKnownTags(made)).not.toThrow()
  expect(TAG_FORMS).toHaveLength(Object.keys(tags).length + everyTags.length)
})

it.each([
  'markets:actve',
  'markets',
  'markets:active:',
  'markets:active:city:',
  'markets:active:city:Lisbon',
  'markets:active:city:san jose',
  'markets:active:country:US',
  'market:42',
  `market:${ID.toUpperCase()}`,
  `market:${ID}:detail`,
  `markets:${ID}`,
  'page:market:Dock Market',
  'stamp:markets:active',
  'every:listings',
  `every:market:${ID}`,
  '',
])('a tag that no entry can have is refused with the forms there are: %j', (text) => {
  const refused = () => assertKnownTags(['markets:active', text])
  expect(refused).toThrow(MarketflowError)
  expect(refused).toThrow('market:{id}')
  expect(refused).toThrow(expect.objectContaining({ errors: [expect.objectContaining({ path: 'tags.1' })] }))
})
