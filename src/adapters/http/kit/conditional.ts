const ENTITY_TAG = /"[^"]*"/g

/**
 * Whether `If-None-Match` names this representation (RFC 9110, 13.1.2): a list of tags, or `*` for any. The comparison
 * is the weak one, so `W/"x"` names `"x"`: proxies that compress on the way weaken tags.
 */
export function namesEtag(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch === etag) return true
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.match(ENTITY_TAG)?.includes(etag) ?? false
}
