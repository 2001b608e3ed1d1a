import { LONGEST_CURSOR } from '../../../application/tables/cursor.ts'

/** The end of a page of a list, as every one of them is written. */
const END =
  /(?:"total_is_minimum":(true),)?(?:"next_cursor":"([\w-]+)",)?"total":(\d+),(?:"page":\d+,)?"page_size":\d+\}$/
/** In bytes, more than what it matches can have. */
const LONGEST_END = LONGEST_CURSOR + 100

interface Page {
  readonly page: number
  readonly pageSize: number
  /** Instead of a number. */
  readonly cursor?: string
}

/** Whether a question is for a page of a list whose length is told. */
export function isPage(params: object): params is Page {
  return 'page' in params && 'pageSize' in params
}

/**
 * The pages before and after one, as `Link` has them (RFC 8288): at the same URL, but for the number, or for the cursor
 * where the list has one.
 */
export function neighbours(
  url: string,
  { page, pageSize, cursor }: Page,
): (body: Buffer) => readonly string[] {
  const [path = '', query] = url.split('?')
  const others = new URLSearchParams(query)
  for (const place of ['page', 'cursor']) others.delete(place)
  const more = others.size === 0 ? '' : `&${others}`
  const link = (place: 'page' | 'cursor', to: number | string, rel: string) =>
    `<${path}?${place}=${to}${more}>; rel="${rel}"`
  return (body) => {
    const end = body.toString('latin1', Math.max(0, body.length - LONGEST_END))
    const [, isMinimum, nextCursor, total = 0] = END.exec(end) ?? []
    const counted = Math.max(1, Math.ceil(Number(total) / pageSize))
    const before = isMinimum ? page - 1 : Math.min(page - 1, counted)
    const links = page > 1 ? [link('page', before, 'prev')] : []
    if (nextCursor !== undefined) links.push(link('cursor', nextCursor, 'next'))
    else if (cursor === undefined && page < counted) links.push(link('page', page + 1, 'next'))
    return links.length === 0 ? [] : ['Link', links.join(', ')]
  }
}
