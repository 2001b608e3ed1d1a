import { STEPS, type StepName } from '../../../model/step-names.ts'

const COARSE = 'whose steps are not fine'
const WRONG = 'of a broken variant'
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
  'drain: the stamps in memory are deleted, and it is acknowledged': COARSE,
  'read: joins a load under the same stamp in memory': COARSE,
  'read: loads, for memory alone': COARSE,
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
