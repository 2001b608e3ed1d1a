import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { chaos } from './chaos.ts'
import { judge } from './judge.ts'
import { isGood, reportOf } from './report.ts'

// npm run chaos -- --minutes 10 --seed 42 --cache tiered

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    cache: { type: 'string', default: 'tiered' },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
const { cache } = values
if (
  !(minutes > 0) ||
  !Number.isInteger(seed) ||
  !(cache === 'tiered' || cache === 'near' || cache === 'redis' || cache === 'lru')
) {
  process.stderr.write('Usage: npm run chaos -- [--minutes 10] [--seed 42] [--cache tiered|near|redis|lru]\n')
  process.exit(2)
}

// The first Ctrl-C ends the faults, and what was seen so far is judged.
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

process.stdout.write(`chaos for ${minutes} min, cache ${cache}, seed ${seed}\n`)
const history = await chaos({ seed, ms: minutes * 60_000, cache, stop: stop.signal })
const verdict = judge(history)
process.stdout.write(`${reportOf(history, verdict)}\n`)
if (!isGood(verdict)) {
  process.stdout.write(`Again: npm run chaos -- --minutes ${minutes} --seed ${seed} --cache ${cache}\n`)
  process.exitCode = 1
}
