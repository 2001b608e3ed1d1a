import { z } from 'zod'
import { APPLICATION_STATUSES } from '../../domain/vendor-application.ts'
import { body, paging, prose } from './text-schemas.ts'

const statusError = `expected one of ${APPLICATION_STATUSES.join(', ')}, given once`

export const applicationsQuery = z
  .strictObject({ ...paging, status: z.enum(APPLICATION_STATUSES, { error: statusError }).exactOptional() })
  .transform(({ page_size: pageSize, ...rest }) => ({ ...rest, pageSize }))

export const newApplication = body({ message: prose(2000).default('') })

/** What moves an application is in the URL alone. */
export const noFields = body({})

/** What answers a move. */
export const moved = z.strictObject({ status: z.enum(APPLICATION_STATUSES) })
