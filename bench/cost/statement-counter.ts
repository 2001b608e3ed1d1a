import { Client } from 'pg'

/**
 * Counts every statement that this process sends to PostgreSQL, by kind: at the driver's one door, so that no layer
 * above can hide any. (The server's own counters need an extension that must be preloaded.)
 */
export class StatementCounter {
  #counts = new Map<string, number>()

  constructor() {
    const count = (statement: unknown) => this.#count(statement)
    const send = Client.prototype.query as (this: Client, ...args: unknown[]) => unknown
    const counted = function (this: Client, ...args: unknown[]): unknown {
      count(args[0])
      return send.apply(this, args)
    }
    Client.prototype.query = counted as typeof Client.prototype.query
  }

  /** How many of each kind were sent since the last call. */
  take(): ReadonlyMap<string, number> {
    const taken = this.#counts
    this.#counts = new Map()
    return taken
  }

  #count(statement: unknown): void {
    const kind = kindOf(textOf(statement))
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
  }
}

/** The kinds that are there because of the log and the lease. */
const PROTOCOL_KINDS = {
  insert: 'log: insert the row (in the transaction)',
  select: 'drain: select a piece of the pending rows',
  mark: 'drain: mark rows applied',
  replay: 'drain: select a piece of all kept rows',
  backlog: 'drain: ask what is left undone',
  sweep: 'sweep',
} as const

function textOf(statement: unknown): string {
  const text = typeof statement === 'string' ? statement : (statement as { text?: unknown } | null)?.text
  if (typeof text !== 'string') throw new Error('A statement without text was sent')
  return text.replace(/\s+/g, ' ').trim().toLowerCase()
}

function kindOf(text: string): string {
  if (text.includes('cache_invalidation')) {
    if (text.startsWith('insert')) return PROTOCOL_KINDS.insert
    if (text.includes('delete from')) return PROTOCOL_KINDS.sweep
    if (text.includes('update cache_invalidation')) return PROTOCOL_KINDS.mark
    if (text.includes(' as oldest')) return PROTOCOL_KINDS.backlog
    return /and xid <= high and applied_at is null/.test(text) ? PROTOCOL_KINDS.select : PROTOCOL_KINDS.replay
  }
  return `transaction: ${text.split(' ', 1)[0]}`
}

/** Whether it is sent by the drains, which go on whatever the instance does, and not for a read or write of its own. */
export function isDrain(kind: string): boolean {
  return kind.startsWith('drain') || kind === PROTOCOL_KINDS.sweep
}
