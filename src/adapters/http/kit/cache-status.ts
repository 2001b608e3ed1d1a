import type { ReadStatus } from '../../../application/consistency/reading.ts'

/** `Cache-Status` as RFC 9211 writes it. */
export function cacheStatusOf(status: ReadStatus): string {
  switch (status.kind) {
    case 'hit':
      return `marketflow; hit; ttl=${status.ttlS}; detail=${status.tier}`
    case 'miss':
      return status.stored ? 'marketflow; fwd=miss; stored' : 'marketflow; fwd=miss'
    case 'bypass':
      return `marketflow; fwd=bypass; detail=${status.reason}`
    case 'unverified':
      return 'marketflow; hit; detail=unverified'
  }
}
