import { z } from 'zod'
import { ERROR_TITLES, type ErrorCode } from '../../../domain/errors.ts'

const ERROR_CODES = Object.keys(ERROR_TITLES) as ErrorCode[]

/** RFC 9457, with `code` as the part that clients may rely on. */
export const problem = z
  .strictObject({
    type: z.string().describe('`urn:marketflow:problem:` and the code.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    code: z.enum(ERROR_CODES).describe('What went wrong. Stable: the part to act upon.'),
    instance: z.string().describe('A URN of this request, for the log.'),
    errors: z
      .array(
        z.strictObject({
          path: z.string().describe('Dotted: `stall_count`, `query.page`.'),
          message: z.string().describe('What was expected there.'),
        }),
      )
      .readonly()
      .exactOptional()
      .describe('Every wrong field, where the code is `validation-failed`.'),
  })
  .meta({ id: 'Problem' })

export type Problem = Readonly<z.output<typeof problem>>
