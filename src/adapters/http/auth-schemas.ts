import { z } from 'zod'
import { body, email, line, name, newEmail, secret } from './text-schemas.ts'

const credentials = { email: newEmail, password: secret(12, 128), name: name(120) }

export const organizerRegistration = body({ ...credentials, role: z.literal('organizer') })

export const vendorRegistration = body({
  ...credentials,
  role: z.literal('vendor'),
  business_name: name(120),
  category: line(120).exactOptional(),
}).transform(({ business_name: businessName, ...rest }) => ({ ...rest, businessName }))

/** Two shapes: a vendor must name its business, and an organizer has none to name. */
export const registration = z.discriminatedUnion('role', [organizerRegistration, vendorRegistration], {
  error: (issue) =>
    issue.code === 'invalid_union' ? 'expected organizer or vendor' : 'expected a JSON object',
})

export const passwordChange = body({
  current_password: secret(1, 1024),
  new_password: secret(12, 128),
})

/** Any password may be tried: one that breaks today's rules is wrong, not malformed. */
export const login = body({ email, password: secret(1, 1024) })
