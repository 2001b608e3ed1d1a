import type { IncomingMessage } from 'node:http'
import { ERROR_TITLES, type ErrorCode, type MarketflowError } from '../../../domain/errors.ts'
import { prefersHtml } from '../kit/prefers-html.ts'
import { STATUS_OF } from '../kit/problem.ts'
import { errorTemplate } from './error-template.ts'

/** What people are told, where it differs from what programs are. */
const FOR_PEOPLE: { readonly [Code in ErrorCode]?: readonly [title: string, detail: string] } = {
  'route-not-found': ['There is no such page', 'The address may have been mistyped, or the page is gone.'],
  'market-not-found': [
    'There is no such market',
    'It may not have opened yet, or the address was mistyped. A search may find it.',
  ],
  'validation-failed': ['We cannot read this address', 'Something in it is not as it should be.'],
  'uri-too-long': ['We cannot read this address', 'It is too long.'],
  'database-unavailable': ['We cannot look this up right now', 'Please try again in a moment.'],
  overloaded: ['Too many visitors at once', 'Please try again in a moment.'],
}

/** The error as a page, where a person asked for one; undefined where a program gets a problem. */
export function errorPage(req: IncomingMessage, { code }: MarketflowError): string | undefined {
  if (req.method !== 'GET' && req.method !== 'HEAD') return undefined
  if (code !== 'route-not-found' && !isPage(req.url)) return undefined
  if (!prefersHtml(req.headers.accept)) return undefined
  const [title, detail] = FOR_PEOPLE[code] ?? [
    ERROR_TITLES[code],
    'We have been told, and will look into it.',
  ]
  return errorTemplate({ status: STATUS_OF[code], title, detail })
}

function isPage(url = ''): boolean {
  return /^\/(?:m\/[^/]*\/?)?(?:\?|$)/.test(url)
}
