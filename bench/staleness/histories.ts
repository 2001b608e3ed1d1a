import { table } from '../support/report.ts'
import { type Cause, type History, plainer } from './history.ts'
import type { Measured } from './measure.ts'
import type { Result } from './report.ts'
import { tell } from './telling.ts'

const MEANING: Record<Cause, string> = {
  'late load':
    'a load began before the write, ended after the cache had been told to forget, and what it brought was kept',
  'joined load':
    'the read began after the write’s answer, and was given what a load brought that had begun before the write',
  failed: 'the cache said that it could not forget, and the write had happened all the same',
  'still storing': 'the load had ended, but its own session was not yet answered when the cache was told',
  'other instance':
    'the instance that was asked had it from before the write, which another instance was told of',
  'not seen': 'none of these: what happened inside the cache is not seen from outside',
}
const CAUSES = Object.keys(MEANING) as Cause[]

/** One history of each contestant that was stale. `measured` says when and how. */
export function histories(results: readonly Result[], measured: string): string[] {
  const told = results.map((result) => ({ result, told: toldOf(result) }))
  const stale = told.flatMap(({ result, told }) => (told === undefined ? [] : [{ result, ...told }]))
  const causes = CAUSES.filter((cause) => stale.some(({ counts }) => counts.has(cause)))
  return [
    '# Why each is stale: a history of every cache',
    'Every cache that showed a stale read in [the same writes and races for all](staleness.md) has one of its histories here, told step by step. It is of the commonest cause among its stale reads with Redis as it should be, or with the outage if there were none; of these it is the one that is plainest to tell: it misses the fewest writes; the load’s query answered before the commit, and the load did not end between the commit and the answer, where there is such a history; and the read began longest after the answer.',
    table(
      ['stale reads, by cause', ...causes],
      stale.map(({ result, counts }) => [
        result.contestant.name,
        ...causes.map((cause) => (counts.get(cause) ?? 0).toLocaleString('en')),
      ]),
    ),
    causes.map((cause) => `- *${cause}*: ${MEANING[cause]}`).join('\n'),
    'Marketflow serves what a load brought only if the stamps that were read before the load are still the current ones, and answers a write when no instance can show what was there before: [the protocol](../protocol.md) tells how.',
    'Times are ms since the load began, as the harness around the cache saw them: what happened in the database or in the cache happened a little earlier. A version counts how often a market has been written since the benchmark began. Every text that a load brings says which load it was, so that a read tells whose it shows; the last 256 loads, reads and writes of each market, and of the list, are remembered until a stale read asks for them.',
    ...stale.flatMap(({ result: { contestant }, cause, round, history }) => [
      `## ${contestant.name}`,
      `*${cause}*, with ${round.sessions} sessions${round.loadsPerSecondWhileWrong === undefined ? '' : ' in the outage of Redis'}. The cache: ${contestant.wiring}.`,
      ...tell(history, cause),
    ]),
    '## No history',
    told
      .filter(({ told }) => told === undefined)
      .map(({ result: { contestant, rounds, outage } }) => {
        const reads = [...rounds, ...(outage === undefined ? [] : [outage])].some((r) => r.staleReads > 0)
        return `- ${contestant.name}: ${reads ? 'the steps of its stale reads were not remembered' : 'no stale read'}`
      })
      .join('\n'),
    measured,
  ]
}

interface Told {
  readonly counts: ReadonlyMap<Cause, number>
  readonly cause: Cause
  readonly round: Measured
  readonly history: History
}

function toldOf({ rounds, outage }: Result): Told | undefined {
  return toldAmong(rounds) ?? (outage === undefined ? undefined : toldAmong([outage]))
}

function toldAmong(rounds: readonly Measured[]): Told | undefined {
  const counts = new Map<Cause, number>()
  for (const { causes } of rounds) {
    for (const [cause, { reads }] of causes) counts.set(cause, (counts.get(cause) ?? 0) + reads)
  }
  const [cause] = CAUSES.filter((cause) => counts.has(cause)).sort((a, b) => counts.get(b)! - counts.get(a)!)
  if (cause === undefined) return undefined
  const candidates = rounds.flatMap((round) => {
    const history = round.causes.get(cause)?.history
    return history === undefined ? [] : [{ round, history }]
  })
  const best = candidates.reduce((a, b) => (plainer(a.history, b.history) === a.history ? a : b))
  return { counts, cause, ...best }
}
