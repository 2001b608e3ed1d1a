import { html } from 'ghtml'
import type { SitemapIndex, SitemapPart } from '../../../application/views/views.ts'
import { marketPath } from './markup.ts'

const XML = '<?xml version="1.0" encoding="UTF-8"?>'
const NAMESPACE = 'http://www.sitemaps.org/schemas/sitemap/0.9'

/** https://www.sitemaps.org/protocol.html: at most 50,000 URLs in a file, all of them absolute. */
export function sitemapIndexTemplate({ total }: SitemapIndex, urlsPerPart: number, origin: string): string {
  const parts = Math.max(1, Math.ceil(total / urlsPerPart))
  const locations = Array.from({ length: parts }, (_, i) => `${origin}/sitemap/${i + 1}.xml`)
  return html`!${XML}
<sitemapindex xmlns="${NAMESPACE}">
!${locations.map((location) => html`<sitemap><loc>${location}</loc></sitemap>`).join('\n')}
</sitemapindex>
`
}

export function sitemapPartTemplate({ slugs }: SitemapPart, origin: string): string {
  const locations = slugs.map((slug) => origin + marketPath(slug))
  return html`!${XML}
<urlset xmlns="${NAMESPACE}">
!${locations.map((location) => html`<url><loc>${location}</loc></url>`).join('\n')}
</urlset>
`
}
