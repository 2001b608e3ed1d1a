import { z } from 'zod'

/** What decides whether a token still counts. Never sent to anybody. */
export const accountSession = z.strictObject({
  /** The number that a token must have been issued under. */
  epoch: z.int().min(0),
})

export type AccountSession = z.infer<typeof accountSession>
