import { beforeEach, describe, expect, it } from 'vitest'
import { Drain } from '../../../src/application/consistency/drain.ts'
import { DrainLoop } from '../../../src/application/consistency/drain-loop.ts'
import { Lease, TrustedSessions } from '../../../src/application/consistency/lease.ts'
import { CacheUnusable } from '../../../src/application/consistency/ports/cache-port.ts'
import {
  CommitUnknown,
  type LoggingTransaction,
  type Transactions,
} from '../../../src/application/consistency/ports/database.ts'
import { UnitOfWork, type WriteReport } from '../../../src/application/consistency/unit-of-work.ts'
import { WriteConfirmation } from '../../../src/application/consistency/write-confirmation.ts'
import { MarketflowError } from '../../../src/domain/errors.ts'
import { FakeCache, FakeLog, settled, TimerClock, transactionOf } from './fakes.ts'

/** Rows that a transaction logs are the log's once it has committed, and unknown to it before. */
class FakeTransactions implements Transactions<LoggingTransaction> {
  readonly #log: FakeLog
  #ids = 0
  /** What happens to the first attempts. */
  attempts: ('deadlock' | 'commits' | 'commit-unknown')[] = []
  /** Whether a COMMIT of unknown outcome happened. */
  unknownHappened = true

  constructor(log: FakeLog) {
    this.#log = log
  }

  async run<T>(work: (tx: LoggingTransaction) => Promise<T>): Promise<T> {
    for (;;) {
      const logged: [string, readonly string[]][] = []
      const tx = {
        logInvalidation: async (tags: readonly string[]) => {
          this.#ids += 1
          logged.push([String(this.#ids), tags])
          return transactionOf(String(this.#ids))
        },
      }
      const result = await work(tx)
      const fate = this.attempts.shift() ?? 'commits'
      if (fate === 'deadlock') continue
      if (fate === 'commits' || this.unknownHappened) for (const [id, tags] of logged) this.#log.add(id, tags)
      if (fate === 'commit-unknown') throw new CommitUnknown('the connection was lost')
      return result
    }
  }
}

interface Edited {
  readonly type: 'vendor-edited'
  readonly id: string
}

const edited = (id: string): Edited => ({ type: 'vendor-edited', id })
const tagsOf = (events: readonly Edited[]) => events.map(({ id }) => `vendor:${id}`)

let clock: TimerClock
let cache: FakeCache
let log: FakeLog
let transactions: FakeTransactions
let reports: WriteReport[]
let unitOfWork: UnitOfWork<LoggingTransaction, Edited>

beforeEach(async () => {
  clock = new TimerClock()
  clock.monotonicMs = 5000
  cache = new FakeCache('shared')
  log = new FakeLog()
  transactions = new FakeTransactions(log)
  reports = []
  const drain = new Drain(cache, log, new TrustedSessions(), new Lease(clock, 1000))
  const loop = new DrainLoop(drain, clock, 1000, () => {})
  const confirmation = new WriteConfirmation(log, loop, clock, 1000)
  unitOfWork = new UnitOfWork(transactions, tagsOf, confirmation, clock, (report) => reports.push(report))
  await loop.start()
})

describe('the unit of work', () => {
  it('logs the tags of the events in the same transaction, once each, and answers after they are invalid', async () => {
    const answer = await unitOfWork.run(async (_tx, record) => {
      record(edited('v'))
      record(edited('v'))
      record(edited('w'))
      expect(cache.steps.join()).not.toContain('vendor:')
      return 'done'
    })
    expect(answer).toBe('done')
    expect(log.rows).toEqual([{ id: '1', tags: ['vendor:v', 'vendor:w'], applied: true }])
    expect(cache.steps).toContain('invalidate vendor:v,vendor:w')
    expect(reports).toEqual([
      {
        causes: ['vendor-edited', 'vendor-edited', 'vendor-edited'],
        tags: ['vendor:v', 'vendor:w'],
        confirmation: 'invalidated',
        waitedMs: 0,
      },
    ])
  })

  it('does not answer before the write is confirmed', async () => {
    cache.present!.failing.set('invalidate', new CacheUnusable('timeout'))
    let answered = false
    unitOfWork
      .run(async (_tx, record) => record(edited('v')))
      .then(() => {
        answered = true
      })
    await clock.advance(1019)
    expect(answered).toBe(false)
    await clock.advance(1)
    expect(answered).toBe(true)
    expect(reports).toMatchObject([{ confirmation: 'lease-waited-out', waitedMs: 1020 }])
  })

  it('logs nothing and waits for nothing when nothing happened', async () => {
    cache.present = undefined
    expect(await unitOfWork.run(async () => 'unchanged')).toBe('unchanged')
    expect(log.rows).toEqual([])
    expect(reports).toEqual([])
  })

  it('forgets the events of an attempt that was rolled back', async () => {
    transactions.attempts = ['deadlock', 'commits']
    let attempt = 0
    await unitOfWork.run(async (_tx, record) => {
      attempt += 1
      record(edited(`of-attempt-${attempt}`))
    })
    expect(log.rows.flatMap((row) => row.tags)).toEqual(['vendor:of-attempt-2'])
    expect(reports[0]!.tags).toEqual(['vendor:of-attempt-2'])
  })

  it('confirms nothing when the attempt that counted did nothing', async () => {
    transactions.attempts = ['deadlock', 'commits']
    let attempt = 0
    await unitOfWork.run(async (_tx, record) => {
      attempt += 1
      if (attempt === 1) record(edited('v'))
    })
    expect(reports).toEqual([])
  })

  it.each([true, false])(
    'invalidates after a COMMIT of unknown outcome, and says 503 (happened: %s)',
    async (happened) => {
      transactions.attempts = ['commit-unknown']
      transactions.unknownHappened = happened
      const answer = unitOfWork.run(async (_tx, record) => record(edited('v')))
      await expect(answer).rejects.toMatchObject({
        code: 'database-unavailable',
        message: 'The outcome of the write is unknown',
        retryAfterS: 1,
      })
      expect(reports).toHaveLength(1)
      expect(cache.steps.includes('invalidate vendor:v')).toBe(happened)
    },
  )

  it('says 503 at once when a write of unknown outcome changed nothing', async () => {
    transactions.attempts = ['commit-unknown']
    await expect(unitOfWork.run(async () => {})).rejects.toMatchObject({ code: 'database-unavailable' })
    expect(reports).toEqual([])
  })

  it('hands on what the work throws, and invalidates nothing', async () => {
    const error = new MarketflowError('market-full')
    const answer = unitOfWork.run(async (_tx, record) => {
      record(edited('v'))
      throw error
    })
    await expect(answer).rejects.toBe(error)
    await settled()
    expect(log.rows).toEqual([])
    expect(reports).toEqual([])
  })

  it('invalidates by hand through the same log', async () => {
    await unitOfWork.invalidate(['market:1', 'market:1', 'markets:active'])
    expect(log.rows).toEqual([{ id: '1', tags: ['market:1', 'markets:active'], applied: true }])
    expect(reports).toMatchObject([{ causes: ['by-hand'], confirmation: 'invalidated' }])
  })
})
