import { type CacheHealth, CachePort } from '../../application/consistency/ports/cache-port.ts'

/** Keeps nothing: every read loads. The baseline that every other adapter has to agree with. */
export class NullCache extends CachePort {
  readonly reach = 'none'
  readonly name = 'null'
  readonly identity = 'null'

  session(): undefined {
    return undefined
  }

  reset(): void {}

  health(): CacheHealth {
    return { connected: true, breaker: 'none', entries: 0, bytes: 0 }
  }

  async close(): Promise<void> {}
}
