import type { Response } from 'express'
import { asHttpError, type ProblemCode, problemHeaders, STATUS_OF } from '../kit/problem.ts'
import type { HeaderList } from '../kit/security-headers.ts'
import { layout } from './layout.ts'

/** What is answered with a page instead of a problem. */
interface Refused {
  readonly code: ProblemCode
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** For clients. */
  readonly message: string
}

/** Sends a page with a form. No cache keeps it, and no other site is told its address: either may hold secrets. */
export function sendForm(
  res: Response,
  headers: HeaderList,
  { title, main }: { readonly title: string; readonly main: string },
  { status, headers: more }: Pick<Refused, 'status'> & Partial<Pick<Refused, 'headers'>> = { status: 200 },
): void {
  const page = layout({ title: `${title} · Marketflow`, indexed: false, verified: false, main })
  res
    .writeHead(status, {
      ...Object.fromEntries(headers),
      ...more,
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
      'Content-Type': 'text/html; charset=utf-8',
    })
    .end(page)
}

/** Why what a form asked for was not done. @throws what was thrown where it is an `internal` error */
export function refusalOf(thrown: unknown): Refused {
  const error = asHttpError(thrown)
  if (error.code === 'internal') throw thrown
  const { code, message } = error
  return { code, status: STATUS_OF[code], headers: problemHeaders(error, false), message }
}

export const AGAIN = 'That did not work just now. Try again in a moment.'
