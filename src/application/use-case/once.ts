import type { Once } from '../ports/repositories.ts'
import type { Transaction } from '../ports/transactions.ts'
import { tagsOf, type WriteEvent } from '../tables/event-tags.ts'
import type { RecordEvent, Writes } from '../tables/reads-and-writes.ts'
import type { Tag } from '../tables/tags.ts'

/** How long a key and its answer are kept, in ms. */
export const ANSWERS_KEPT_MS = 24 * 3_600_000

/**
 * Runs the work as every write is run; under a key that has been answered, it is not run again, and its answer is the
 * same. Key and answer are part of the write's own commit, so no crash leaves one without the other. What was invalidated
 * is invalidated once more: the instance that committed may have died before it did, and the answer says that it is done.
 * Answers have to survive as JSON. A refusal changes nothing, and is not kept.
 * @throws MarketflowError `idempotency-key-reused` when something else was asked under this key
 */
export function runOnce<T>(
  writes: Writes,
  once: Once | undefined,
  work: (tx: Transaction, record: RecordEvent) => Promise<T>,
): Promise<T> {
  if (once === undefined) return writes.run(work)
  return writes.run(async (tx, record) => {
    const kept = await tx.answers.take(once)
    if (kept !== undefined) {
      record({ type: 'write-repeated', tags: kept.tags as readonly Tag[] })
      return JSON.parse(kept.answer)
    }
    const events: WriteEvent[] = []
    const answer = await work(tx, (event) => {
      events.push(event)
      record(event)
    })
    await tx.answers.keep(once, { answer: JSON.stringify(answer), tags: tagsOf(events) })
    return answer
  })
}
