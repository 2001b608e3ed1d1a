import { type CacheProblem, type CacheUnusable, problemOf } from './ports/cache-port.ts'

/** What is asked of a cache. */
export type CacheCall =
  | 'session'
  | 'lookup'
  | 'store'
  | 'invalidate'
  | 'inspect'
  | 'reset'
  | 'health'
  | 'close'

export interface CacheObserver {
  /** Told of every call that fails, and why. */
  failed(call: CacheCall, error: CacheUnusable): void
  /** Told when none fails any more. */
  recovered(): void
}

/** Which calls fail over the present session, and why. */
export class CallFailures {
  readonly #observer: CacheObserver
  readonly #failing = new Map<CacheCall, CacheUnusable>()

  constructor(observer: CacheObserver) {
    this.#observer = observer
  }

  failed(call: CacheCall, error: CacheUnusable): void {
    // A lapsed lease, or no cache at all, is not the cache's doing.
    if (error.reason === 'no-lease' || error.reason === 'no-cache') return
    // An open breaker is what became of failures before it: the reason is theirs.
    const known = error.reason === 'breaker-open' ? this.#failing.values().next().value : undefined
    const reason = known ?? error
    this.#failing.set(call, reason)
    this.#observer.failed(call, reason)
  }

  succeeded(call: CacheCall): void {
    // Nearly every call: this has to cost nothing.
    if (this.#failing.size === 0) return
    this.#failing.delete(call)
    // A server that answers a drain answers; what it refuses to a lookup only a lookup can tell.
    if (call === 'invalidate' && hadNoAnswer(this.#failing.get('lookup'))) this.#failing.delete('lookup')
    if (this.#failing.size === 0) this.#observer.recovered()
  }

  /** What the last session failed in says nothing of this one. */
  newSession(): void {
    if (this.#failing.size === 0) return
    this.#failing.clear()
    this.#observer.recovered()
  }

  /** Of the calls without which no read is a hit. */
  get problem(): CacheProblem | undefined {
    for (const call of ['invalidate', 'lookup', 'reset', 'session', 'health'] as const) {
      const error = this.#failing.get(call)
      if (error === undefined) continue
      const { code, message } = problemOf(error)
      return { code, message: `${call}: ${message}` }
    }
    return undefined
  }
}

function hadNoAnswer(error: CacheUnusable | undefined): boolean {
  return error?.reason === 'timeout' || error?.reason === 'breaker-open'
}
