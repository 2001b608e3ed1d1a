import { z } from 'zod'

/** What decides whether a token still counts. Never sent to anybody. */
export const accountSession = z.strictObject({
  /** The number that a token must have been issued under. */
  epoch: z.int().min(0),
})

export type AccountSession = z.infer<typeof accountSession>

/** An account as its owner sees it. Sent to no other. */
export const accountDetail = z.strictObject({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  role: z.enum(['organizer', 'vendor']),
  vendorId: z.uuid().nullable(),
})

export type AccountDetail = z.infer<typeof accountDetail>
