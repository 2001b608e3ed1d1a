import type { IncomingMessage } from 'node:http'
import { html } from 'ghtml'
import { type HttpError, PROBLEM_TITLES, type ProblemCode, STATUS_OF } from '../kit/problem.ts'
import { layout, searchForm } from './layout.ts'

/** What people are told, where it differs from what programs are. */
const FOR_PEOPLE: { readonly [Code in ProblemCode]?: readonly [title: string, detail: string] } = {
  'route-not-found': ['There is no such page', 'The address may have been mistyped, or the page is gone.'],
  'market-not-found': [
    'There is no such market',
    'It may not have opened yet, or the address was mistyped. A search may find it.',
  ],
  'vendor-not-found': ['There is no such vendor', 'The address may have been mistyped.'],
  'validation-failed': ['We cannot read this address', 'Something in it is not as it should be.'],
  'uri-too-long': ['We cannot read this address', 'It is too long.'],
  'database-unavailable': ['We cannot look this up right now', 'Please try again in a moment.'],
  overloaded: ['Too many visitors at once', 'Please try again in a moment.'],
}

/** The error as a page, where a person asked for one; undefined where a program gets a problem. */
export function errorPage(req: IncomingMessage, { code }: HttpError): string | undefined {
  if (req.method !== 'GET' && req.method !== 'HEAD') return undefined
  if (code !== 'route-not-found' && !isPage(req.url)) return undefined
  if (!prefersHtml(req.headers.accept)) return undefined
  const [title, detail] = FOR_PEOPLE[code] ?? [
    PROBLEM_TITLES[code],
    'We have been told, and will look into it.',
  ]
  return errorTemplate({ status: STATUS_OF[code], title, detail })
}

function isPage(url = ''): boolean {
  return /^\/(?:m\/[^/]*\/?|v(?:\/[^/]*)?\/?)?(?:\?|$)/.test(url)
}

interface ErrorPage {
  readonly status: number
  readonly title: string
  readonly detail: string
}

/** An error for people: what is wrong, and a way on. */
function errorTemplate({ status, title, detail }: ErrorPage): string {
  return layout({
    title: `${title} · Marketflow`,
    indexed: false,
    verified: false,
    main: html`<div class="hero">
<p class="status">${status}</p>
<h1>${title}</h1>
<p>${detail}</p>
!${searchForm()}
<p><a href="/">See all markets</a></p>
</div>`,
  })
}

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
