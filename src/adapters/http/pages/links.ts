/** The address of a page of the list; the plain `/` is its first. */
export function listPath(page: number, city: string | null): string {
  const query = new URLSearchParams()
  if (city !== null) query.set('city', city)
  if (page > 1) query.set('page', String(page))
  return query.size === 0 ? '/' : `/?${query}`
}

export function marketPath(slug: string): string {
  return `/m/${slug}`
}

/** Where a vendor's website may lead: nowhere but to the web. */
export function webAddress(website: string): { readonly href: string; readonly host: string } | undefined {
  const url = URL.parse(website)
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
  return { href: url.href, host: url.host.replace(/^www\./, '') }
}
