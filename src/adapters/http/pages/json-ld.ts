/**
 * Data for search engines, as a script block's text. In there nothing but `</script` and `<!--` would end or swallow
 * it, so no `<` is left; JSON reads the escape as the same character.
 */
export function jsonLd(data: object): string {
  const json = JSON.stringify({ '@context': 'https://schema.org', ...data })
  return `<script type="application/ld+json">${json.replaceAll('<', '\\u003c')}</script>`
}
