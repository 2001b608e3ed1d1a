import { hash, timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'
import { HttpError } from '../kit/problem.ts'
import type { RateLimits } from '../kit/rate-limits.ts'

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/
/** Where one of these is, a proxy on this machine speaks for another one. */
const FORWARDED = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']

/** Who may read the metrics: this machine, and scrapers that have the token. */
export class ScraperAccess {
  readonly #digest: Buffer | undefined
  readonly #limits: RateLimits | undefined

  constructor(token: string | undefined, limits: RateLimits | undefined) {
    this.#digest = token === undefined ? undefined : sha256(token)
    this.#limits = limits
  }

  /** @throws HttpError `unauthenticated`, `rate-limited` */
  async assert(req: Request): Promise<void> {
    if (isLocal(req)) return
    const token = /^bearer +(.+)$/i.exec(req.headers.authorization ?? '')?.[1]
    if (token === undefined || this.#digest === undefined) throw new HttpError('unauthenticated')
    const digest = this.#digest
    const attempt = async () => {
      if (!timingSafeEqual(sha256(token), digest)) throw new HttpError('unauthenticated')
    }
    await (this.#limits?.guardLogin('scraper', req.ip ?? '', attempt) ?? attempt())
  }
}

function isLocal({ socket, headers }: Request): boolean {
  return LOOPBACK.test(socket.remoteAddress ?? '') && FORWARDED.every((name) => headers[name] === undefined)
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
