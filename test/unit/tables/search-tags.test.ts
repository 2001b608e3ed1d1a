import { expect, it } from 'vitest'
import { listingTags } from '../../../src/application/markets/market-reads.ts'
import { tagsOf } from '../../../src/application/tables/event-tags.ts'
import type { DomainEvent, Listing } from '../../../src/domain/events.ts'
import { normalizePlace } from '../../../src/domain/market.ts'

const BOSTON: Listing = {
  city: 'Boston',
  region: 'MA',
  country: 'US',
  latitude: null,
  longitude: null,
  listed: true,
}
const IDS = { marketId: 'm', slug: 's', organizerId: 'o', vendorId: 'v', applicationId: 'a', vendorIds: [] }

/*
 * Where more have a word than a search looks through, which of them it looks through, and which word is the rarest, depends
 * on markets and vendors everywhere.
 */
it.each<[string, DomainEvent]>([
  ['a vendor registers', { type: 'vendor-registered', vendorId: 'v', accountId: 'a' }],
  [
    'a vendor leaves',
    {
      type: 'vendor-left',
      accountId: 'a',
      vendorId: 'v',
      standIn: 'f',
      marketIds: [],
      organizerIds: [],
      applicationIds: [],
    },
  ],
  ['a market of another opens', { type: 'market-created', ...IDS, listing: BOSTON }],
  [
    'a market of another closes',
    {
      type: 'market-edited',
      ...IDS,
      before: BOSTON,
      after: { ...BOSTON, listed: false },
      applications: [],
    },
  ],
])('a search in one city ends when %s', (_, event) => {
  const ended = new Set(tagsOf([event]))
  for (const found of [{ q: normalizePlace('farm') }, { product: 'eggs' as const }]) {
    const search = listingTags({ city: normalizePlace('Chicago'), ...found })
    expect(search.some((tag) => ended.has(tag))).toBe(true)
  }
})
