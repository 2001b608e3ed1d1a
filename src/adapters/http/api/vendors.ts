import { z } from 'zod'
import { VENDORS_CURSOR_EXPECTED } from '../../../application/vendors/vendor-reads.ts'
import { type VendorListing, type VendorProfile, vendorProfile } from '../../../application/views/views.ts'
import { normalizePlace, SEARCH_LIMITS } from '../../../domain/market.ts'
import { VENDOR_LIMITS } from '../../../domain/vendor.ts'
import { get, putOrPatch } from '../kit/api-route.ts'
import { json } from '../kit/operation.ts'
import { changes, line, name, paging, product, products, prose, website, words } from '../kit/text-schemas.ts'
import { HOLLYWOOD, MARKET_ID, VENDOR_ID } from './examples.ts'
import { cursor } from './markets.ts'

const vendorChanges = changes({
  business_name: name(VENDOR_LIMITS.businessName),
  category: line(VENDOR_LIMITS.category),
  description: prose(VENDOR_LIMITS.description),
  website: website(VENDOR_LIMITS.website),
  products: products().describe('All that it sells.'),
})
  .transform(({ business_name: businessName, ...rest }) => ({
    ...rest,
    ...(businessName !== undefined && { businessName }),
  }))
  .meta({ id: 'VendorChanges' })

const VENDOR: VendorProfile = {
  id: VENDOR_ID,
  business_name: 'Green Acres',
  category: 'vegetables',
  description: 'A family farm on the Sandy river.',
  website: 'https://green-acres.example',
  products: ['vegetables', 'eggs'],
  markets: [HOLLYWOOD],
}

const { website: _, markets: __, ...SUMMARY } = VENDOR
const LISTED: VendorListing = {
  vendors: [{ ...SUMMARY, market_count: 1 }],
  total: 1,
  page: 1,
  page_size: 20,
}

/** Each narrows a list of vendors. */
export const vendorsQuery = {
  q: words(SEARCH_LIMITS.shortest, SEARCH_LIMITS.longest)
    .describe(
      'Only vendors that have all these words in their name, compared without case and accents; of three letters or more, their beginnings suffice. At most the first 200 are found.',
    )
    .exactOptional(),
  product: product().describe('Only vendors that sell this.').exactOptional(),
}

/** What of it was given. */
export function asVendorsFound({ q = '', product }: z.output<z.ZodObject<typeof vendorsQuery>>) {
  const words = normalizePlace(q)
  return { ...(words !== '' && { q: words }), ...(product && { product }) }
}

const listingQuery = z
  .strictObject({
    ...paging,
    cursor: cursor(VENDORS_CURSOR_EXPECTED, 'vendor').exactOptional(),
    ...vendorsQuery,
    market: z
      .uuid({ error: 'expected the id of a market, given once' })
      .describe('Only vendors that sell at this market.')
      .meta({ examples: [MARKET_ID] })
      .exactOptional(),
  })
  .transform(({ page, page_size: pageSize, cursor, market, ...found }) => ({
    page,
    pageSize,
    ...(cursor !== undefined && { cursor }),
    ...asVendorsFound(found),
    ...(market !== undefined && { market }),
  }))

export const VENDOR_ROUTES = [
  get('/vendors', 'listVendors', {
    tag: 'Vendors',
    summary: 'List those who sell at active markets',
    description: 'By name as people sort. Up to 200 are counted; of more, `total_is_minimum` says so.',
    query: listingQuery,
    answer: 'A page of the list.',
    example: LISTED,
  }),
  get('/vendors/:id', 'getVendor', {
    tag: 'Vendors',
    summary: 'Get a vendor’s profile with its markets',
    answer: 'The profile.',
    example: VENDOR,
  }),
  ...putOrPatch('/vendors/:id', 'updateVendor', 'patchVendor', {
    tag: 'Vendors',
    summary: 'Change a vendor’s profile',
    description: 'What is not given stays. For that vendor.',
    token: 'vendor',
    missing: 'vendor-not-found',
    body: vendorChanges,
    examples: {
      'Rename it': { business_name: 'Green Acres' },
      'Tell more': {
        category: 'vegetables',
        description: 'A family farm on the Sandy river.',
        website: 'https://green-acres.example',
      },
      'Say what it sells': { products: ['vegetables', 'eggs'] },
    },
    answer: json(200, 'The profile as it is now.', vendorProfile, VENDOR),
    represents: 'getVendor',
    run: ({ updateVendor }, { id, body, viewer, seen }) => updateVendor(id, body, viewer, seen),
  }),
  get('/vendors/:id/dashboard', 'getVendorDashboard', {
    tag: 'Vendors',
    summary: 'Get a vendor’s applications and markets',
    description: 'For that vendor.',
    answer: 'The dashboard.',
    example: {
      vendor_id: VENDOR_ID,
      applications: { pending: 1, waitlisted: 0, accepted: 1, rejected: 0, withdrawn: 0 },
      markets: [{ ...HOLLYWOOD, status: 'active' }],
    },
  }),
]
