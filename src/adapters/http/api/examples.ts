/** One small world, so that the document's examples fit together. */
export const MARKET_ID = '8a64ea05-90ce-43e8-872f-bf8324b7ac58'
export const ORGANIZER_ID = '3f6c1d0e-58f0-4f4b-9a57-0c3a5e1f7b21'
export const VENDOR_ID = '5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d'
export const ACCOUNT_ID = 'c2b1a0f9-4e3d-4c2b-9a18-7f6e5d4c3b2a'

/** The market that the others are about. */
export const HOLLYWOOD = {
  id: MARKET_ID,
  slug: 'hollywood-market-portland',
  name: 'Hollywood Market',
  city: 'Portland',
  region: 'OR',
  country: 'US',
}
