import type { Attributes } from '@opentelemetry/api'
import type { DrainLoop } from '../../application/consistency/drain-loop.ts'
import type { CachePort, CacheSession } from '../../application/consistency/ports/cache-port.ts'
import type { WriteConfirmation } from '../../application/consistency/write-confirmation.ts'
import type { Transactions } from '../../application/ports/transactions.ts'
import type { Snapshots } from '../../application/ports/view-queries.ts'
import { inSpan } from './spans.ts'

/** There are no semantic conventions for caches: these are `marketflow.cache.*`. */
export function traceCache(cache: CachePort): CachePort {
  const traced = new WeakSet<CacheSession>()
  const session = cache.session.bind(cache)
  cache.session = () => {
    const current = session()
    if (current === undefined || traced.has(current)) return current
    traced.add(current)
    traceSession(current, cache.name)
    return current
  }
  return cache
}

function traceSession(session: CacheSession, name: string): void {
  const about = (tags: readonly string[], key?: string) => ({
    'marketflow.cache.name': name,
    'marketflow.cache.tags': [...tags],
    ...(key !== undefined && { 'marketflow.cache.key': key }),
  })
  spanned(session, 'lookup', 'cache lookup', {
    before: (key, tags) => about(tags, key),
    after: ({ entry, tier }) => ({
      'marketflow.cache.found': entry !== undefined,
      ...(tier !== undefined && { 'marketflow.cache.tier': tier }),
    }),
  })
  spanned(session, 'store', 'cache store', {
    before: (key, tags, entry) => ({ ...about(tags, key), 'marketflow.cache.bytes': entry.body.length }),
  })
  spanned(session, 'invalidate', 'cache invalidate', { before: (tags) => about(tags) })
}

export function traceSnapshots(snapshots: Snapshots): Snapshots {
  spanned(snapshots, 'read', 'load')
  return snapshots
}

export function traceTransactions(transactions: Transactions): Transactions {
  spanned(transactions, 'run', 'transaction')
  spanned(transactions, 'look', 'look-up')
  return transactions
}

/** How long a write waits after its commit and for what, and its wait for the loop's next drain. */
export function traceProtocol({ confirmation, loop }: Protocol): void {
  spanned(confirmation, 'confirm', 'confirm write', {
    before: ({ tags }) => ({ 'marketflow.write.tags': [...tags] }),
    after: ({ confirmation, waitedFor }) => ({
      'marketflow.write.confirmation': confirmation,
      ...(waitedFor && { 'marketflow.write.waited_for': [waitedFor.reason, ...waitedFor.holders] }),
    }),
  })
  // The drain itself serves many writes, and is in no trace of theirs.
  spanned(loop, 'next', 'drain', {
    after: ({ invalidated, found }) => ({
      'marketflow.drain.invalidated': invalidated,
      'marketflow.drain.rows': found,
    }),
  })
}

interface Protocol {
  readonly confirmation: WriteConfirmation
  readonly loop: DrainLoop
}

/** What is told of a call before it, and of what it resolved with. */
type Telling<F> = F extends (...args: infer A) => Promise<infer R>
  ? { readonly before?: (...args: A) => Attributes; readonly after?: (result: R) => Attributes }
  : never
type Method = (...args: unknown[]) => Promise<unknown>

/** From now on this object's method runs in a span. The object stays the one it is: sessions are told apart by identity. */
function spanned<T extends object, K extends keyof T>(
  target: T,
  method: K,
  name: string,
  telling?: Telling<T[K]>,
): void {
  const { before, after } = (telling ?? {}) as Telling<Method>
  const work = (target[method] as Method).bind(target)
  const traced: Method = (...args) =>
    inSpan(name, before?.(...args) ?? {}, async (learn) => {
      const result = await work(...args)
      if (after !== undefined) learn(after(result))
      return result
    })
  Object.assign(target, { [method]: traced })
}
