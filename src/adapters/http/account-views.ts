import { z } from 'zod'
import type { SignedIn } from '../../application/accounts/sign-in.ts'
import type { Account } from '../../domain/account.ts'

/** An account as its owner sees it. */
export const accountView = z.strictObject({
  id: z.uuid().describe('An organizer’s is the organizer’s id.'),
  email: z.string(),
  name: z.string(),
  role: z.enum(['organizer', 'vendor']),
  vendor_id: z
    .uuid()
    .exactOptional()
    .describe('The vendor that the account trades as. Organizers have none.'),
})

export const signedInView = z.strictObject({
  account: accountView,
  token: z.string().describe('Goes into `Authorization: Bearer …`; good for twelve hours.'),
})

export function viewAccount({ id, email, name, role, vendorId }: Account): z.output<typeof accountView> {
  return { id, email, name, role, ...(vendorId !== null && { vendor_id: vendorId }) }
}

export function viewSignedIn({ account, token }: SignedIn): z.output<typeof signedInView> {
  return { account: viewAccount(account), token }
}
