/** The end of a page of a list, as every one of them is written. */
const TOTAL = /"total":(\d+),"page":\d+,"page_size":\d+\}$/
/** In bytes, more than what it matches can have. */
const LONGEST_END = 100

interface Page {
  readonly page: number
  readonly pageSize: number
}

/** Whether a question is for a page of a list whose length is told. */
export function isPage(params: object): params is Page {
  return 'page' in params && 'pageSize' in params
}

/** The pages before and after one, as `Link` has them (RFC 8288): at the same URL, but for the number. */
export function neighbours(url: string, { page, pageSize }: Page): (body: Buffer) => readonly string[] {
  const [path = '', query] = url.split('?')
  const link = (to: number, rel: string) => {
    const parameters = new URLSearchParams(query)
    parameters.set('page', String(to))
    return `<${path}?${parameters}>; rel="${rel}"`
  }
  const next = link(page + 1, 'next')
  return (body) => {
    const total = Number(
      TOTAL.exec(body.toString('latin1', Math.max(0, body.length - LONGEST_END)))?.[1] ?? 0,
    )
    const last = Math.max(1, Math.ceil(total / pageSize))
    const links = [
      ...(page > 1 ? [link(Math.min(page - 1, last), 'prev')] : []),
      ...(page < last ? [next] : []),
    ]
    return links.length === 0 ? [] : ['Link', links.join(', ')]
  }
}
