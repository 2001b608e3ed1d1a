import { parseArgs } from 'node:util'
import type { Explanation } from '../../application/consistency/explanation.ts'
import { askInstances } from './control-socket.ts'

const USAGE = `Usage:
  npm run cache -- explain PATH        what the cache holds for /markets?city=lisbon, and what the next read will do
  npm run cache -- invalidate TAG...   invalidates tags (market:…, markets:active, …) on every instance

Asks the instances that run on this machine with the same DATA_DIR (default .marketflow).`

const { positionals } = parseArgs({ allowPositionals: true })
const [command, ...operands] = positionals
const dataDir = process.env.DATA_DIR || '.marketflow'

if (command === 'explain' && operands.length === 1) await explain(operands[0]!)
else if (command === 'invalidate' && operands.length > 0) await invalidate(operands)
else {
  console.error(USAGE)
  process.exitCode = 64
}

async function explain(path: string): Promise<void> {
  for (const { instance, result, error } of await ask('explain', { path })) {
    console.log(`${instance}`)
    if (error !== undefined) fail(error)
    else console.log(describe(result as Explanation))
  }
}

/** One instance is enough: the log carries the tags to all others. */
async function invalidate(tags: readonly string[]): Promise<void> {
  const [first] = await ask('invalidate', { tags }, true)
  if (first === undefined) return
  if (first.error !== undefined) fail(first.error)
  else console.log(`invalidated ${tags.join(', ')}`)
}

async function ask(name: string, input: unknown, onlyOne = false) {
  const answers = await askInstances(dataDir, name, input, onlyOne)
  if (answers.length === 0)
    fail(`No Marketflow answers in ${dataDir}; is it running here, with this DATA_DIR?`)
  return answers
}

function fail(message: string): void {
  console.error(message)
  process.exitCode = 1
}

function describe({ view, key, cache, tags, entries, leaseAgeS, next }: Explanation): string {
  const seconds = (value: number) => `${value.toFixed(1)} s`
  return [
    `  view      ${view} (cache: ${cache}, lease: ${leaseAgeS === null ? 'none' : `${seconds(leaseAgeS)} old`})`,
    `  key       ${key}`,
    ...tags.map(({ tag, stamp }) => `  tag       ${tag} = ${stamp ?? '(no stamp)'}`),
    ...entries.map(
      ({ tier, bytes, negative, ageS, ttlS, current }) =>
        `  entry     ${tier}, ${negative ? 'negative' : `${bytes} bytes`}, age ${seconds(ageS)}, ` +
        `${ttlS > 0 ? `${seconds(ttlS)} left` : 'expired'}, stamps ${current ? 'current' : 'outdated'}`,
    ),
    `  next read ${next}`,
  ].join('\n')
}
