import { STEPS, type StepName } from '../../../model/step-names.ts'

const COARSE = 'of a drain whose steps are not fine'
const WRONG = 'of a broken variant'
const MEMORY = 'of a cache in memory, whose steps are not fine yet'
const SILENT = 'not announced: what was given up is not gone on with'

/** Why no run takes these steps of the model. */
const REASONS: Readonly<Partial<Record<StepName, string>>> = {
  'drain: begins': COARSE,
  'drain: rows are marked, the lease renewed': COARSE,
  'drain: given up': COARSE,
  'drain: DEL is sent': WRONG,
  'drain: rows are marked before their stamps are gone': WRONG,
  'read: loads before it observes': WRONG,
  'read: reply arrives': WRONG,
  'read: given up, or its command lost': SILENT,
  'drain: Redis has not confirmed in time, and is bypassed': MEMORY,
  'drain: the stamps in memory are deleted, and it is acknowledged': MEMORY,
  'read: a hit in memory after an answered write': MEMORY,
  'read: joins a load under the same stamp in memory': MEMORY,
  'read: loads, for memory alone': MEMORY,
  'read: what Redis had is kept in memory': MEMORY,
  'read: the entry is kept in memory alone': MEMORY,
  'holder: registers, its new row in the place of its old one': MEMORY,
  'holder: gives its lease up and leaves': MEMORY,
  'registry: a row is retired': MEMORY,
  'registry: a retired row is deleted': MEMORY,
  'log: an instance’s connection is lost': MEMORY,
  'PostgreSQL: crashes, and gives numbers out again': MEMORY,
}

const ALL = Object.keys(STEPS) as readonly StepName[]

/** Steps of the model that no run took, though nothing says why. */
export function unreached(taken: ReadonlyMap<string, number>): readonly StepName[] {
  return ALL.filter((step) => !taken.has(step) && REASONS[step] === undefined)
}

/** How many of the steps were taken, and why the others were not. */
export function tellReached(taken: ReadonlyMap<string, number>): string {
  const why = new Map<string, number>()
  for (const step of ALL) {
    const reason = taken.has(step) ? undefined : (REASONS[step] ?? 'NOT REACHED')
    if (reason !== undefined) why.set(reason, (why.get(reason) ?? 0) + 1)
  }
  const others = [...why].map(([reason, count]) => `${count} ${reason}`).join('; ')
  return `steps of the model: ${taken.size} of ${ALL.length} reached; the others: ${others}`
}
