import { changes, line, name, prose, website } from './text-schemas.ts'

export const vendorChanges = changes({
  business_name: name(120).exactOptional(),
  category: line(120).exactOptional(),
  description: prose(2000).exactOptional(),
  website: website.exactOptional(),
}).transform(({ business_name: businessName, ...rest }) => ({
  ...rest,
  ...(businessName !== undefined && { businessName }),
}))
