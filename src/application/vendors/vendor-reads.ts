import { joinKey } from '../consistency/cache-key.ts'
import { FIRST_PAGES } from '../markets/market-reads.ts'
import type { IdParams, VendorsParams } from '../ports/view-queries.ts'
import { canonicalId, type Tag, tags } from '../tables/tags.ts'
import { MINUTE, read } from '../use-case/read.ts'
import { vendorDashboard, vendorListing, vendorProfile } from '../views/views.ts'

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
  { q, product, market }: Omit<VendorsParams, 'pageSize'>,
): string {
  let narrower = key
  if (q !== undefined) narrower += `:${joinKey('q', q)}`
  if (product !== undefined) narrower += `:${joinKey('product', product)}`
  if (market !== undefined) narrower += `:${joinKey('market', canonicalId(market))}`
  return narrower
}

/** Whether strangers choose what it is narrowed to, or how deep it is looked into. */
export function isUnboundedOfVendors({ page, q, product, market }: Omit<VendorsParams, 'pageSize'>): boolean {
  return page > FIRST_PAGES || (q ?? product ?? market) !== undefined
}

/** Those who sell at an active market, by name then id. */
export const ListVendors = read({
  name: 'vendor-listing',
  ttlS: 5 * MINUTE,
  schema: vendorListing,
  key: ({ page, pageSize, ...narrowing }: VendorsParams) =>
    vendorsNarrowed(joinKey('vendors', 'page', page, 'size', pageSize), { page, ...narrowing }),
  tags: vendorListTags,
  unbounded: isUnboundedOfVendors,
  load: async (queries, params) => ({ value: await queries.vendorListing(params) }),
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
