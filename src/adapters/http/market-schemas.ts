import { z } from 'zod'
import { MARKET_STATUSES } from '../../domain/market.ts'
import { body, changes, line, name, paging, prose } from './text-schemas.ts'

const stallCountError = 'expected a whole number from 1 to 10000'
const slugError = 'expected lower-case letters and digits joined by single hyphens, at most 80 characters'

const stallCount = z
  .int({ error: stallCountError })
  .min(1, { error: stallCountError })
  .max(10_000, { error: stallCountError })
  .describe('Never below the vendors already accepted.')

const slug = z
  .string({ error: slugError })
  .max(80, { error: slugError })
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, { error: slugError })
  .describe('Names the public page, `/m/{slug}`. Without one, it is made of name and city.')

const status = z
  .enum(MARKET_STATUSES, { error: `expected one of ${MARKET_STATUSES.join(', ')}` })
  .describe('`draft` → `active` → `closed` → `active` → …')

const city = line(120).describe('Only markets of this city, compared without case and surrounding blanks.')

export const listingQuery = z
  .strictObject({ ...paging, city: city.exactOptional() })
  .transform(({ page_size: pageSize, ...rest }) => ({ ...rest, pageSize }))

export const newMarket = body({
  name: name(120),
  city: name(120),
  description: prose(2000).exactOptional(),
  stall_count: stallCount,
  slug: slug.exactOptional(),
}).transform(({ stall_count: stallCount, ...rest }) => ({ ...rest, stallCount }))

export const marketChanges = changes({
  name: name(120).exactOptional(),
  city: name(120).exactOptional(),
  description: prose(2000).exactOptional(),
  stall_count: stallCount.exactOptional(),
  status: status.exactOptional(),
}).transform(({ stall_count: stallCount, ...rest }) => ({
  ...rest,
  ...(stallCount !== undefined && { stallCount }),
}))
