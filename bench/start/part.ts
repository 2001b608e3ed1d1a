import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshDatabase } from '../../test/support/postgres.ts'
import { run } from '../http/contestant.ts'
import { dotPlot } from '../support/dot-plot.ts'
import type { Findings, Part } from '../support/part.ts'
import { milliseconds, ratio, table } from '../support/report.ts'
import { median } from '../support/statistics.ts'

const MAIN = 'src/infrastructure/bin/main.ts'
const SETTINGS = {
  JWT_SECRET: 'a secret that only this benchmark uses',
  LOG_LEVEL: 'warn',
  SEED_DEMO: 'false',
}
/** Nothing is kept of what was compiled, as in the first start after an installation. */
const UNCOMPILED = { NODE_DISABLE_COMPILE_CACHE: '1' }
const BARE = 'Express and MikroORM, bare'

interface Start {
  /** Until the first list of markets was answered, in ms. */
  readonly ms: number
  /** The process's CPU time until then, in ms. */
  readonly cpuMs: number
}

/** From nothing to the first answer: the service with PostgreSQL and embedded, beside the least that starts with its libraries. */
export const start: Part = {
  name: 'start',
  async run(quick: boolean): Promise<Findings> {
    const rounds = quick ? 2 : 9
    const database = await freshDatabase()
    const directory = await mkdtemp(join(tmpdir(), 'marketflow-start-'))
    const server = { ...SETTINGS, DATABASE_URL: database.url }
    const embedded = (name: string) => ({ SEED_DEMO: 'true', DATA_DIR: join(directory, name) })
    let fresh = 0
    const contestants: [string, () => Promise<Start>][] = [
      [BARE, () => started('bench/start/bare.ts', server)],
      ['Marketflow with PostgreSQL', () => started(MAIN, server)],
      ['the same, never compiled before', () => started(MAIN, { ...server, ...UNCOMPILED })],
      ['Marketflow, embedded', () => started(MAIN, embedded('kept'))],
      ['Marketflow, embedded, with a new database', () => started(MAIN, embedded(`new-${fresh++}`))],
    ]
    const starts = new Map(contestants.map(([name]): [string, Start[]] => [name, []]))
    try {
      await started(MAIN, server)
      // The first of each compiles, and makes what the others find.
      for (let round = -1; round < rounds; round++) {
        for (const [name, once] of contestants) {
          const taken = await once()
          if (round >= 0) starts.get(name)!.push(taken)
        }
      }
      return findingsOf(starts, rounds)
    } finally {
      await rm(directory, { recursive: true, force: true })
      await database.drop()
    }
  },
}

async function started(entry: string, env: Record<string, string>): Promise<Start> {
  const began = performance.now()
  const running = await run(entry, env)
  try {
    const answer = await fetch(`${running.url}/markets`)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`The first answer is ${answer.status}: ${text}`)
    return { ms: performance.now() - began, cpuMs: (await running.cpuUs()) / 1000 }
  } finally {
    await running.stop()
  }
}

function findingsOf(starts: ReadonlyMap<string, readonly Start[]>, rounds: number): Findings {
  const bare = starts.get(BARE)!
  const against = (taken: readonly Start[], figure: (start: Start) => number) =>
    median(taken.map((each, round) => figure(each) / figure(bare[round]!)))
  const ms = (each: Start) => each.ms
  const cpu = (each: Start) => each.cpuMs
  const ours = [...starts].filter(([name]) => name !== BARE)
  return {
    title: 'A start',
    servers: 'PostgreSQL',
    headlines: [
      [
        `from nothing to the first answer, against ${BARE}: ${ours.map(([name]) => name).join('; ')}`,
        ours.map(([, taken]) => ratio(against(taken, ms))).join('; '),
      ],
    ],
    figures: { rounds, starts: Object.fromEntries(starts) },
    plots: {
      'start.svg': dotPlot({
        title: 'From nothing to the first answer',
        unit: 'ms; less is better; logarithmic',
        series: ['until the first answer', 'CPU time of the process'],
        ticks: [100, 300, 1000, 3000, 10_000],
        rows: [...starts].map(([name, taken]) => ({
          label: name,
          ours: name !== BARE,
          values: [median(taken.map(ms)), median(taken.map(cpu))],
        })),
      }),
    },
    report: [
      '![How long each takes to its first answer](start.svg)',
      table(
        ['', 'until the first answer', 'CPU time', 'until the first answer', 'CPU time'],
        [...starts].map(([name, taken]) => [
          name,
          ratio(against(taken, ms)),
          ratio(against(taken, cpu)),
          milliseconds(median(taken.map(ms))),
          milliseconds(median(taken.map(cpu))),
        ]),
      ),
      `The median of ${rounds} starts of each, in turns, from the process to the answer of its first \`GET /markets\`, as a ratio to the bare one of the same round. Each is asked every 25 ms whether it is there. The service keeps what it has compiled in \`node_modules/.cache\`, the image has it from its build; one line is without. A new embedded database is made, migrated and filled with demo data.`,
    ],
  }
}
