/** Whether a client asks for HTML by name, and at least as much as for JSON: a browser does, `curl` and `fetch` don't. */
export function prefersHtml(accept = ''): boolean {
  const html = quality(accept, /^text\/html$/)
  return html > 0 && html >= quality(accept, /^application\/(?:.+\+)?json$/)
}

/** The greatest weight of the media types that match; 0 when none is named (RFC 9110, 12.5.1). */
function quality(accept: string, wanted: RegExp): number {
  const weights = accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
    return wanted.test(type) ? Number(weight) || 0 : 0
  })
  return Math.max(...weights)
}
