import type { IncomingMessage } from 'node:http'
import type { Random } from '../../../application/consistency/ports/random.ts'
import { parseId } from '../../../domain/ids.ts'

/** What gateways send: UUIDs, ULIDs, hexadecimal trace ids. Anything else could forge log lines. */
const ACCEPTED = /^[\w.-]{1,128}$/

const ID = Symbol('request id')

/** Names requests, so that an answer and the log lines about it can be found together. */
export class RequestIds {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** The client's `X-Request-Id` where it sent a usable one, else one made when it is first asked for. */
  of(req: IncomingMessage & { [ID]?: string }): string {
    req[ID] ??= sentRequestId(req) ?? this.#random.uuid()
    return req[ID]
  }
}

function sentRequestId(req: IncomingMessage): string | undefined {
  const value = req.headers['x-request-id']
  return typeof value === 'string' && ACCEPTED.test(value) ? value : undefined
}

/** A URI for a problem's `instance`. */
export function requestUrn(id: string): string {
  return parseId(id) !== undefined ? `urn:uuid:${id}` : `urn:marketflow:request:${id}`
}
