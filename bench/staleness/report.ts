import { describeMachine, type Machine } from '../support/machine.ts'
import { COMMAND_TIMEOUT_MS } from '../support/redis-connection.ts'
import { publish, publishJson, publishSvg, table } from '../support/report.ts'
import type { Contestant } from './contestant.ts'
import { histories } from './histories.ts'
import type { Measured } from './measure.ts'
import { OUTAGE } from './outage.ts'
import { describePlan } from './plan.ts'
import { plot } from './plot.ts'
import { PATIENCE_MS } from './run.ts'
import { LOAD_TIME } from './slow-snapshots.ts'

export interface Result {
  readonly contestant: Contestant
  /** One per number of sessions. */
  readonly rounds: readonly Measured[]
  /** Only with a Redis that can be gone. */
  readonly outage: Measured | undefined
}

export interface About {
  readonly seed: number
  readonly seconds: number
  readonly machine: Machine
  readonly servers: string
  /** False: only some were asked for, and what is published stays as it is. */
  readonly complete: boolean
}

export function stalePerMillion({ staleReads, reads }: Measured): number {
  return reads === 0 ? 0 : (staleReads / reads) * 1_000_000
}

/** Reads that needed no load of their own. */
function hitRatio({ loads, reads }: Measured): number {
  return reads === 0 ? 0 : Math.max(0, 1 - loads / reads)
}

export async function report(results: readonly Result[], about: About): Promise<void> {
  const measured = describeMeasuring(about)
  const paragraphs = paragraphsOf(results, measured)
  const told = histories(results, measured)
  if (!about.complete) {
    console.log([...paragraphs, ...told].join('\n\n'))
    return
  }
  await publishSvg('staleness.svg', plot(results))
  await publishJson('staleness.json', {
    ...about,
    at: new Date().toISOString(),
    results: results.map(({ contestant: { open: _, ...contestant }, rounds, outage }) => ({
      ...contestant,
      rounds: rounds.map(figuresOf),
      outage: outage && figuresOf(outage),
    })),
  })
  await publish('staleness.md', paragraphs)
  await publish('stale-histories.md', told)
}

function figuresOf({ causes: _, ...figures }: Measured) {
  return figures
}

function describeMeasuring({ seed, seconds, machine, servers }: About): string {
  return `Measured by \`npm run bench:staleness -- --seed ${seed} --seconds ${seconds}\` on ${new Date().toISOString().slice(0, 10)}, ${describeMachine(machine)}; ${servers}. The machine was shared with others: compare within one run.`
}

function paragraphsOf(results: readonly Result[], measured: string): string[] {
  const sessions = results[0]!.rounds.map((round) => round.sessions)
  const inOutage = results.find(({ outage }) => outage !== undefined)?.outage
  return [
    '# How stale: the same writes, races and outage for all',
    'A read is stale when it began after a write had been answered and shows what was there before. [Why each is](stale-histories.md) is told by a history of every cache that was.',
    '![Stale reads per million of each cache, with 10, 100 and 200 sessions and in an outage](staleness.svg)',
    '## Redis as it should be',
    table(
      [
        `${sessions.join(', ')} sessions`,
        ...sessions.map((n) => `stale per million, ${n}`),
        'stale for at most',
        'reads',
        'hit ratio',
        'loads per 1,000 reads',
      ],
      results.map(({ contestant, rounds }) => [
        nameOf(contestant),
        ...rounds.map(stale),
        longest(rounds),
        rounds.map(({ reads }) => reads.toLocaleString('en')).join(' / '),
        `${rounds.map((round) => Math.round(hitRatio(round) * 100)).join(' / ')} %`,
        rounds.map((round) => Math.round((round.loads / Math.max(1, round.reads)) * 1000)).join(' / '),
      ]),
    ),
    ...(inOutage === undefined
      ? []
      : [
          '## With an outage of Redis',
          table(
            [
              `${inOutage.sessions} sessions`,
              'stale per million',
              'stale for at most',
              'reads',
              'not answered',
              'loads',
              'loads/s meanwhile',
            ],
            results.flatMap(({ contestant, outage }) =>
              outage === undefined ? [] : [outageRow(contestant, outage)],
            ),
          ),
          `${OUTAGE}. Meanwhile: while one of the three lasts. *Not answered*: an error, or nothing within ${PATIENCE_MS / 1000} s. How long something was stale is cut short by the end of the run. A rival waits up to ${COMMAND_TIMEOUT_MS / 1000} s for Redis and then loads, so that meanwhile its sessions ask for little; ours stop asking Redis and load at once, so that they answer more and load more.`,
        ]),
    '## How it was measured',
    `Sessions in a closed loop, each with a plan that the seed decides, the same for everyone: ${describePlan()}. A cache that shares a Redis or has a bus runs as two instances in one process, and each operation goes to either; the others run as one. Caches start cold. Everybody uses one real PostgreSQL with the same transactions and the same snapshots, which take as long as ${LOAD_TIME}. A market’s version is counted under its row’s lock; the judge is the rule of the proof’s checker, kept up as the run goes on. The rivals are told of a write after its commit and before its answer; when that fails the write is answered all the same, for it has happened. Ours use the log and the lease, and nothing of theirs is switched off.`,
    `A figure of 0 says that none was seen among this run’s reads (${results
      .filter(({ contestant }) => contestant.ours)
      .map(
        ({ contestant, rounds, outage }) =>
          `${contestant.name}: ${[...rounds, ...(outage === undefined ? [] : [outage])].reduce((sum, { reads }) => sum + reads, 0).toLocaleString('en')}`,
      )
      .join('; ')}); [the proof](../proof.md) says why.`,
    '## Who, and how they are set up',
    results
      .map(
        ({ contestant: { name, version, wiring, instances } }) =>
          `- **${name}** (${version}; ${instances === 1 ? 'one instance' : `${instances} instances`}): ${wiring}`,
      )
      .join('\n'),
    measured,
  ]
}

function outageRow(contestant: Contestant, outage: Measured): string[] {
  const { reads, failedReads, loads, loadsPerSecondWhileWrong } = outage
  return [
    nameOf(contestant),
    stale(outage),
    longest([outage]),
    reads.toLocaleString('en'),
    failedReads.toLocaleString('en'),
    loads.toLocaleString('en'),
    Math.round(loadsPerSecondWhileWrong ?? 0).toLocaleString('en'),
  ]
}

function nameOf({ name, ours }: Contestant): string {
  return ours ? `**${name}**` : name
}

function stale(round: Measured): string {
  return Math.round(stalePerMillion(round)).toLocaleString('en')
}

function longest(rounds: readonly Measured[]): string {
  const times = rounds.flatMap(({ longestStaleMs }) => longestStaleMs ?? [])
  return times.length === 0 ? '–' : `${Math.round(Math.max(...times)).toLocaleString('en')} ms`
}
