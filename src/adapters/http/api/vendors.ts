import { type VendorProfile, vendorProfile } from '../../../application/views/views.ts'
import { VENDOR_LIMITS } from '../../../domain/vendor.ts'
import { get, putOrPatch } from '../kit/api-route.ts'
import { json } from '../kit/operation.ts'
import { changes, line, name, prose, website } from '../kit/text-schemas.ts'
import { HOLLYWOOD, VENDOR_ID } from './examples.ts'

const vendorChanges = changes({
  business_name: name(VENDOR_LIMITS.businessName),
  category: line(VENDOR_LIMITS.category),
  description: prose(VENDOR_LIMITS.description),
  website: website(VENDOR_LIMITS.website),
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
  markets: [HOLLYWOOD],
}

export const VENDOR_ROUTES = [
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
