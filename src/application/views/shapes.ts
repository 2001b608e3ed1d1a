import { z } from 'zod'

export const isoTime = z.iso
  .datetime({ precision: 3 })
  .describe('ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.')

/** What every paged view says beside its rows. */
export const page = {
  total: z.int().min(0).describe('On all pages.'),
  page: z.int().min(1),
  page_size: z.int().min(1),
}
