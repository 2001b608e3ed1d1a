import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Budget, LAYERS, type LayerName, type LayerResult } from './layer.ts'
import { endWorkers } from './pool.ts'
import { chaos, endPrograms, vitest } from './programs.ts'
import { simulation, WORLDS } from './simulation.ts'
import { space } from './space.ts'
import { teeth } from './teeth.ts'

// npm run prove -- --schedules 1000000 --minutes 10 --seed 1 --only simulation

const PROOF = 'docs/proof.md'
const USAGE = `Usage: npm run prove -- [--schedules 1000000] [--minutes 10] [--runs 60] [--seed 1] [--only ${LAYERS.join('|')}] [--world NAME] [--docs]
  --schedules  of the simulation, over all its worlds
  --minutes    of chaos
  --runs       worlds of coverage on each database; of the model, on each service, a sixth
  --world      of the simulation: this one alone
  --docs       write the table of broken variants into ${PROOF}\n`

const { budget, only, docs } = readArguments()

const RUN: Readonly<Record<LayerName, () => Promise<LayerResult>>> = {
  coverage: () =>
    vitest(
      ['test/property/coverage/coverage.test.ts'],
      { RUNS: String(budget.runs), SEED: String(budget.seed) },
      /worlds$/,
    ),
  space,
  simulation: () => simulation(budget),
  model: () =>
    vitest(
      ['test/property/model/model.test.ts'],
      { RUNS: String(Math.ceil(budget.runs / 6)), SEED: String(budget.seed) },
      /, seed /,
    ),
  chaos: () => chaos(budget),
  teeth: async () => {
    const result = await teeth(budget)
    if (docs) await document(result.table)
    return result
  },
}

// Ctrl-C reaches the programs too; a signal to this process alone must not leave them behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    endWorkers()
    await endPrograms()
    process.exit(signal === 'SIGINT' ? 130 : 143)
  })
}

let failed = false
const summary: string[] = []
for (const layer of only === undefined ? LAYERS : [only]) {
  process.stderr.write(`${layer} …\n`)
  const began = performance.now()
  const { runs, seen, failures } = await RUN[layer]()
  const seconds = Math.round((performance.now() - began) / 1000)
  failed ||= failures.length > 0
  for (const failure of failures) process.stdout.write(`\n${failure}\n`)
  summary.push(
    `${layer.padEnd(11)} ${failures.length} violations, ${runs}, ${seconds} s`,
    ...seen.map((line) => `    ${line.trim()}`),
  )
}
process.stdout.write(`\n${summary.join('\n')}\n`)
process.exitCode = failed ? 1 : 0

function readArguments(): { budget: Budget; only: LayerName | undefined; docs: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        schedules: { type: 'string', default: '1000000' },
        minutes: { type: 'string', default: '10' },
        runs: { type: 'string', default: '60' },
        seed: { type: 'string', default: '1' },
        only: { type: 'string' },
        world: { type: 'string' },
        docs: { type: 'boolean', default: false },
      },
    })
    const [schedules, seed, runs] = [values.schedules, values.seed, values.runs].map(Number) as [
      number,
      number,
      number,
    ]
    const minutes = Number(values.minutes)
    const only = LAYERS.find((layer) => layer === values.only)
    const whole = [schedules, seed, runs].every(Number.isInteger)
    if (!whole || !(schedules > 0) || !(minutes > 0) || !(runs > 0))
      throw new RangeError('A number is none, or too small')
    if (values.only !== undefined && only === undefined)
      throw new RangeError(`There is no layer ${values.only}`)
    if (values.world !== undefined && !WORLDS.some(({ name }) => name === values.world))
      throw new RangeError(`There is no world «${values.world}»`)
    return { budget: { schedules, minutes, runs, seed, world: values.world }, only, docs: values.docs }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}`)
    process.exit(2)
  }
}

/** Puts the table between its two marks. */
async function document(table: string): Promise<void> {
  const text = await readFile(PROOF, 'utf8')
  const [before, , after] = text.split(/<!-- \/?teeth -->/)
  if (after === undefined) throw new Error(`${PROOF} has no place for the table`)
  await writeFile(PROOF, `${before}<!-- teeth -->\n${table}\n<!-- /teeth -->${after}`)
}
