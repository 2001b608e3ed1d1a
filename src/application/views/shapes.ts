import { z } from 'zod'

/** ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it. */
export const isoTime = z.iso.datetime({ precision: 3 })

/** What every paged view says beside its rows. */
export const page = { total: z.int().min(0), page: z.int().min(1), page_size: z.int().min(1) }
