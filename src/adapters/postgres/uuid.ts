const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The id as PostgreSQL prints it; undefined for what is no UUID and thus the id of nothing. */
export function parseUuid(id: string): string | undefined {
  return UUID.test(id) ? id.toLowerCase() : undefined
}
