import { ConnectionLost } from './connections.ts'

/**
 * Waits for the work at most `ms`; what it comes to later is ignored.
 * @throws ConnectionLost after `ms`; `onTimeout` has been called by then
 */
export async function within<T>(ms: number, work: Promise<T>, onTimeout?: () => void): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    onTimeout?.()
    reject(new ConnectionLost(`PostgreSQL did not answer within ${ms} ms`, { reason: 'no-answer' }))
  }, ms)
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
