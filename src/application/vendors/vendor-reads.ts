import { joinKey } from '../consistency/cache-key.ts'
import type { IdParams } from '../ports/view-queries.ts'
import { canonicalId, tags } from '../tables/tags.ts'
import { MINUTE, read } from '../use-case/read.ts'
import { vendorDashboard, vendorProfile } from '../views/views.ts'

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
