import { joinKey } from '../consistency/cache-key.ts'
import { behind, FIRST_PAGES, pageOf } from '../markets/market-reads.ts'
import type { IdParams, VendorsParams, ViewQueries } from '../ports/view-queries.ts'
import { canonicalId, type Tag, tags } from '../tables/tags.ts'
import { MINUTE, read } from '../use-case/read.ts'
import { type VendorListing, vendorDashboard, vendorListing, vendorProfile } from '../views/views.ts'

/**
 * What a list of vendors depends on: what each tells, and at which active markets each sells, which shows in the lists
 * of these; and whether there is the market that it is narrowed to.
 */
export function vendorListTags({ market }: Pick<VendorsParams, 'market'>): Tag[] {
  return [tags.vendorListings(), tags.listings(), ...(market === undefined ? [] : [tags.market(market)])]
}

/** The end of such a list's key: what it is narrowed to, if anything. */
export function vendorsNarrowed(
  key: string,
  { q, product, market }: Pick<VendorsParams, 'q' | 'product' | 'market'>,
): string {
  let narrower = key
  if (q !== undefined) narrower += `:${joinKey('q', q)}`
  if (product !== undefined) narrower += `:${joinKey('product', product)}`
  if (market !== undefined) narrower += `:${joinKey('market', canonicalId(market))}`
  return narrower
}

/** What tells a list from every other, for its cursors. */
export function vendorsOf(narrowing: Pick<VendorsParams, 'q' | 'product' | 'market'>): string {
  return vendorsNarrowed('vendors', narrowing)
}

/** Whether strangers choose what it is narrowed to, or how deep it is looked into. */
export function isUnboundedOfVendors({
  page,
  after,
  q,
  product,
  market,
}: Omit<VendorsParams, 'pageSize'>): boolean {
  return page > FIRST_PAGES || (after ?? q ?? product ?? market) !== undefined
}

/** A page of the list. */
export async function vendorsListed(queries: ViewQueries, params: VendorsParams): Promise<VendorListing> {
  const { vendors, ...counted } = await queries.vendorListing(params)
  const last = vendors.at(-1)
  const place = last && { name: last.business_name, id: last.id }
  return { vendors, ...pageOf(vendorsOf(params), params, counted, place) }
}

export const VENDORS_CURSOR_EXPECTED =
  'expected a cursor as an answer of this list tells it, with the same words, product and market'

type VendorsAsked = Omit<VendorsParams, 'after'> & { readonly cursor?: string }

/** Those who sell at an active market, by name then id. */
export const ListVendors = read({
  at: ({ cursor, ...params }: VendorsAsked): VendorsParams =>
    cursor === undefined
      ? params
      : { ...params, after: behind(vendorsOf(params), cursor, params.page, VENDORS_CURSOR_EXPECTED) },
  name: 'vendor-listing',
  ttlS: 5 * MINUTE,
  schema: vendorListing,
  key: ({ page, pageSize, after, ...narrowing }: VendorsParams) => {
    const place = after === undefined ? joinKey('page', page) : joinKey('after', after.name, after.id)
    return vendorsNarrowed(`${joinKey('vendors')}:${place}:${joinKey('size', pageSize)}`, narrowing)
  },
  tags: vendorListTags,
  unbounded: isUnboundedOfVendors,
  load: async (queries, params) => ({ value: await vendorsListed(queries, params) }),
  audience: 'everybody',
})

/** A vendor's public profile, with the active markets that accepted it. */
export const GetVendor = read({
  name: 'vendor-profile',
  ttlS: 10 * MINUTE,
  schema: vendorProfile,
  key: ({ id }: IdParams) => joinKey('vendor', canonicalId(id), 'profile'),
  tags: ({ id }) => [tags.vendor(id)],
  load: (queries, { id }) => queries.vendorProfile(id),
  audience: 'everybody',
  missing: 'vendor-not-found',
})

/** A vendor's own numbers and markets. */
export const GetVendorDashboard = read({
  name: 'vendor-dashboard',
  ttlS: 2 * MINUTE,
  schema: vendorDashboard,
  key: ({ id }: IdParams) => joinKey('vendor', canonicalId(id), 'dashboard'),
  tags: ({ id }) => [tags.vendor(id)],
  load: (queries, { id }) => queries.vendorDashboard(id),
  audience: 'vendor',
  missing: 'vendor-not-found',
})
