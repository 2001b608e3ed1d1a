import type { HeaderName } from './headers.ts'
import type { Operation } from './operation.ts'

/** How long clients are told that an operation goes, before it does. */
export const MONTHS_ANNOUNCED = 6

/** Where people read what changes in which way, and by what an operation is replaced. */
const POLICY = '</docs>; rel="deprecation sunset"; type="text/html"'

const NONE: readonly string[] = []

/** What every answer of an operation says once it is announced to go (RFC 9745, RFC 8594): names and values, in turn. */
export function deprecationFields(operation: Operation | null): readonly string[] {
  if (operation?.deprecatedSince === undefined) return NONE
  const announced = Temporal.PlainDate.from(operation.deprecatedSince).toZonedDateTime('UTC')
  const { epochMilliseconds: gone } = announced.add({ months: MONTHS_ANNOUNCED })
  const fields = {
    Deprecation: `@${announced.epochMilliseconds / 1000}`,
    Sunset: new Date(gone).toUTCString(),
    Link: POLICY,
  } satisfies Partial<Record<HeaderName, string>>
  return Object.entries(fields).flat()
}
