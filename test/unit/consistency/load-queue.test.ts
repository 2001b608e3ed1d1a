import pLimit from 'p-limit'
import { beforeEach, describe, expect, it } from 'vitest'
import type { DrainOutcome } from '../../../src/application/consistency/drain.ts'
import { LoadQueue } from '../../../src/application/consistency/load-queue.ts'
import { LogOverdue } from '../../../src/application/consistency/ports/invalidation-log.ts'
import { MarketflowError } from '../../../src/domain/errors.ts'
import { databaseDown, deferred, settled } from './fakes.ts'

const SILENT: DrainOutcome = { invalidated: false, heard: false, found: 0, error: databaseDown() }

let queue: LoadQueue
let begun: string[]

beforeEach(() => {
  queue = new LoadQueue(pLimit(1), 10)
  begun = []
})

/** A load that never ends; what becomes of it is its outcome. */
function stuck(name: string): { readonly outcome: () => string } {
  let outcome = 'waits'
  const load = () => {
    begun.push(name)
    return deferred<never>().promise
  }
  queue.run(load).catch((error: MarketflowError) => {
    outcome = error.code
  })
  return { outcome: () => outcome }
}

async function drained(outcome: DrainOutcome): Promise<void> {
  queue.drained(outcome)
  await settled()
}

describe('when the database falls silent', () => {
  it('loads that were there before a drain are given up with it, those that wait for their turn too', async () => {
    const loads = [stuck('running'), stuck('waiting')]
    await drained(SILENT)
    expect(loads.map(({ outcome }) => outcome())).toEqual(['waits', 'waits'])
    await drained(SILENT)
    expect(loads.map(({ outcome }) => outcome())).toEqual(['database-unavailable', 'database-unavailable'])
    expect(queue.size).toBe(0)
  })

  it('their places are free at once, and what had to wait is never begun', async () => {
    stuck('running')
    stuck('waiting')
    await drained(SILENT)
    await drained(SILENT)
    await expect(queue.run(async () => 'after')).resolves.toBe('after')
    expect(begun).toEqual(['running'])
  })

  it('those that came during that drain wait for the next', async () => {
    await drained(SILENT)
    const late = stuck('late')
    await drained(SILENT)
    expect(late.outcome()).toBe('waits')
    await drained(SILENT)
    expect(late.outcome()).toBe('database-unavailable')
  })

  it('a load that is given up may still fail, without any effect', async () => {
    const load = deferred<never>()
    const given = queue.run(() => load.promise)
    await drained(SILENT)
    queue.drained(SILENT)
    await expect(given).rejects.toMatchObject({ code: 'database-unavailable' })
    load.reject(new Error('the connection ended'))
    await settled()
  })
})

describe('no load is given up', () => {
  const answers: Readonly<Record<string, DrainOutcome>> = {
    'while drains succeed': { invalidated: true, heard: true, found: 0 },
    'when only the mark failed': { invalidated: true, heard: true, found: 1, error: databaseDown() },
    'when the log was slow, but PostgreSQL said so': {
      invalidated: false,
      heard: true,
      found: 0,
      error: new LogOverdue(undefined),
    },
    'when the drain failed for another reason': {
      invalidated: false,
      heard: false,
      found: 0,
      error: new MarketflowError('wrong-status'),
    },
  }
  it.each(Object.entries(answers))('%s', async (_, outcome) => {
    const load = stuck('slow')
    await drained(outcome)
    await drained(outcome)
    expect(load.outcome()).toBe('waits')
  })

  it('while other loads are answered: the database is there, and only the log’s connection is not', async () => {
    queue = new LoadQueue(pLimit(2), 10)
    const load = stuck('slow')
    await drained(SILENT)
    await queue.run(async () => 'answered')
    await drained(SILENT)
    expect(load.outcome()).toBe('waits')
    await drained(SILENT)
    expect(load.outcome()).toBe('database-unavailable')
  })
})
