import { VARIANTS } from '../model/variants.ts'
import { FORGETFUL, NOT_SHOWN } from '../property/coverage/forgotten-tags.ts'
import { BROKEN } from '../property/teeth/variants/every.ts'
import type { Job } from './job.ts'
import type { Budget, LayerResult } from './layer.ts'
import { onEveryCore } from './pool.ts'
import { vitest } from './programs.ts'
import { Progress } from './progress.ts'

/** Schedules that a variant may take to be caught. */
const MOST = 40_000
/** And until one is no path of the model. */
const MOST_REFUSED = 5000
const FORGOTTEN = ['test/property/coverage/coverage.test.ts', 'test/property/model/teeth.deep.test.ts']

/** Every broken variant against every layer it can be put into, and a table of who caught it. */
export async function teeth({ seed }: Budget): Promise<LayerResult & { readonly table: string }> {
  const jobs: Job[] = [
    ...BROKEN.map(({ name }) => ({
      kind: 'simulated tooth' as const,
      name,
      most: MOST,
      refusedWithin: MOST_REFUSED,
      seed,
    })),
    ...VARIANTS.map(({ name }) => ({ kind: 'modelled tooth' as const, name })),
  ]
  const simulated = new Map<string, string>()
  const refusals = new Map<string, string>()
  const modelled = new Map<string, string>()
  const failures: string[] = []
  const progress = new Progress('teeth', jobs.length)
  await onEveryCore(jobs, (job, { runs, mode, refused, leftOut }) => {
    const { name } = job as { readonly name: string }
    if (mode === undefined) failures.push(`Not caught: ${name}, in ${runs} runs`)
    if (job.kind === 'modelled tooth') modelled.set(name, mode ? `${runs} states` : 'NOT CAUGHT')
    else {
      simulated.set(name, mode ? `${runs} (${mode})` : 'NOT CAUGHT')
      refusals.set(name, refused === undefined ? (leftOut ?? `not in ${MOST_REFUSED}`) : String(refused))
    }
    progress.advance(1)
    return true
  })
  progress.end()
  const forgotten = await vitest(FORGOTTEN, { MARKETFLOW_TESTS: 'deep' }, /caught/i)
  failures.push(...forgotten.failures)
  const names = [...new Set([...BROKEN, ...VARIANTS].map(({ name }) => name))]
  const ok = forgotten.failures.length === 0
  const table = [
    '| Broken variant | caught as stale: schedules of the simulation | caught as no such step: schedules | state space: states until caught |',
    '|---|---|---|---|',
    ...names.map((name) =>
      ['', name, ...[simulated, refusals, modelled].map((of) => of.get(name) ?? '–'), ''].join(' | ').trim(),
    ),
    `| one tag forgotten, each row of the table in turn (${FORGETFUL.length - NOT_SHOWN.length}; ${NOT_SHOWN.length} more change no view of these worlds) | ${ok ? 'coverage: within 14 worlds' : 'NOT CAUGHT'} | – | – |`,
    `| one kind of tag never logged, each in turn | ${ok ? 'model, on real servers: within 2 worlds' : 'NOT CAUGHT'} | – | – |`,
  ].join('\n')
  return {
    runs: `${names.length} variants, ${FORGETFUL.length} forgotten tags`,
    seen: [table],
    failures,
    table,
  }
}
