import type { z } from 'zod'
import type { ApplicationView, MarketApplications } from '../../../application/views/application-views.ts'
import type { MarketDetail, MarketListing, MarketStats } from '../../../application/views/market-views.ts'
import type { OrganizerDashboard } from '../../../application/views/organizer-views.ts'
import type { VendorDashboard, VendorProfile } from '../../../application/views/vendor-views.ts'
import type { accountView, signedInView } from '../account-views.ts'
import type { Readiness } from '../system-views.ts'

/** One small world, so that the document's examples fit together. */
const MARKET_ID = '8a64ea05-90ce-43e8-872f-bf8324b7ac58'
const ORGANIZER_ID = '3f6c1d0e-58f0-4f4b-9a57-0c3a5e1f7b21'
const VENDOR_ID = '5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d'
const ACCOUNT_ID = 'c2b1a0f9-4e3d-4c2b-9a18-7f6e5d4c3b2a'

export const ACCOUNT: z.output<typeof accountView> = {
  id: ACCOUNT_ID,
  email: 'vera@example.org',
  name: 'Vera Lopes',
  role: 'vendor',
  vendor_id: VENDOR_ID,
}

export const SIGNED_IN: z.output<typeof signedInView> = {
  account: ACCOUNT,
  token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjMmIxIn0.c2lnbmF0dXJl',
}

const SUMMARY: MarketListing['markets'][number] = {
  id: MARKET_ID,
  slug: 'hollywood-market-portland',
  name: 'Hollywood Market',
  city: 'Portland',
  stall_count: 30,
  vendor_count: 1,
}

export const MARKET_LIST: MarketListing = { markets: [SUMMARY], total: 1, page: 1, page_size: 20 }

export const MARKET: MarketDetail = {
  ...SUMMARY,
  description: 'Saturdays, eight to one, rain or shine.',
  status: 'active',
  organizer: { id: ORGANIZER_ID, name: 'Rosa Almeida' },
  vendors: [{ id: VENDOR_ID, business_name: 'Green Acres', category: 'vegetables' }],
  created_at: '2026-11-22T21:26:00.000Z',
  updated_at: '2026-11-23T08:15:30.250Z',
}

export const DRAFT: MarketDetail = {
  ...MARKET,
  status: 'draft',
  vendor_count: 0,
  vendors: [],
  updated_at: MARKET.created_at,
}

export const STATS: MarketStats = {
  market_id: MARKET_ID,
  vendor_count: 1,
  pending_applications: 3,
  waitlisted_applications: 0,
  stall_count: 30,
  open_stalls: 29,
}

export const APPLICATION: ApplicationView = {
  id: '7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d',
  market_id: MARKET_ID,
  market_name: MARKET.name,
  vendor_id: VENDOR_ID,
  business_name: 'Green Acres',
  status: 'pending',
  message: 'Tomatoes, beans and herbs, all grown within ten miles.',
  created_at: '2026-11-22T22:00:00.000Z',
  updated_at: '2026-11-22T22:00:00.000Z',
}

export const APPLICATION_LIST: MarketApplications = {
  applications: [APPLICATION],
  total: 1,
  page: 1,
  page_size: 20,
}

export const VENDOR: VendorProfile = {
  id: VENDOR_ID,
  business_name: 'Green Acres',
  category: 'vegetables',
  description: 'A family farm on the Sandy river.',
  website: 'https://green-acres.example',
  markets: [{ id: MARKET_ID, name: MARKET.name, city: MARKET.city }],
}

export const VENDOR_DASHBOARD: VendorDashboard = {
  vendor_id: VENDOR_ID,
  applications: { pending: 1, waitlisted: 0, accepted: 1, rejected: 0, withdrawn: 0 },
  markets: [{ id: MARKET_ID, name: MARKET.name, city: MARKET.city, status: 'active' }],
}

export const ORGANIZER_DASHBOARD: OrganizerDashboard = {
  organizer_id: ORGANIZER_ID,
  markets: { draft: 1, active: 1, closed: 0 },
  pending_applications: 3,
  vendors: 1,
  recent_applications: [APPLICATION],
}

export const READY: Readiness = {
  database: 'reachable',
  database_cause: null,
  cache: { name: 'tiered', connected: true, breaker: 'closed' },
  lease: { held: true, age_ms: 112 },
  invalidations: { pending: 0 },
}
