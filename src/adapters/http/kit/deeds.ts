import type { IncomingMessage } from 'node:http'
import type { Request } from 'express'
import { networksOf } from './client-network.ts'

/** Who asked for what, of a request that may change something. Ids and names only: never a body, a token or an address. */
export interface Deed {
  /** The client's, as the limits count it. */
  readonly network: string
  /** The operation's id, such as `acceptApplication`. */
  readonly action: string
  /** What the path names, and what was made. */
  readonly ids: Readonly<Record<string, string>>
  /** Whose token it was, or whose login was tried; `operator` for the holder of `ADMIN_TOKEN`. */
  readonly account?: string
}

const DEED = Symbol('deed')
type Noted = IncomingMessage & { [DEED]?: Deed }

/** Noted before the request is looked at any further: what is refused was tried, too. */
export function noteDeed(req: Request & Noted, action: string): void {
  const ids = Object.fromEntries(Object.entries(req.params).map(([name, value]) => [name, String(value)]))
  req[DEED] = { network: networksOf(req.ip ?? '').narrow, action, ids }
}

export function noteActor(req: Noted, account: string): void {
  if (req[DEED] !== undefined) req[DEED] = { ...req[DEED], account }
}

export function noteMade(req: Noted, id: string): void {
  if (req[DEED] !== undefined) req[DEED] = { ...req[DEED], ids: { ...req[DEED].ids, made: id } }
}

/** Undefined for a request that only reads. */
export function deedOf(req: Noted): Deed | undefined {
  return req[DEED]
}
