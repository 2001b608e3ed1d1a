import type { History } from './chaos.ts'
import { SOON_MS, type Verdict } from './judge.ts'

const SHOWN = 20

/** Whether the run shows what it should: no violation, nothing lost, no answer that no fault excuses, and enough seen to mean something. */
export function isGood({ violations, lost, strange, emptiness }: Verdict): boolean {
  return [violations, lost, strange, emptiness].every(({ length }) => length === 0)
}

export function reportOf({ faults }: History, verdict: Verdict): string {
  const { figures: f, violations, lost, strange, emptiness } = verdict
  return [
    `operations    ${f.reads + f.writes}: ${f.reads} reads, ${f.writes} writes (${f.answeredWrites} answered with 2xx)`,
    `reads         ${f.hits} hits (${f.hitsSoon} within ${SOON_MS} ms of an answered write), ${f.misses} misses, ${f.bypasses} bypasses, ${f.unverified} unverified`,
    `longest       write ${Math.round(f.longestWriteMs)} ms (${f.slowWrites} writes waited for a lease), any request ${Math.round(f.longestRequestMs)} ms`,
    `no 2xx        ${[...f.failures].map(([answer, count]) => `${count} × ${answer}`).join(', ')}`,
    'faults',
    ...[...faults].sort(([a], [b]) => a.localeCompare(b)).map(([kind, count]) => `  ${count} × ${kind}`),
    `violations    ${violations.length}`,
    ...violations.slice(0, SHOWN).map((each) => `  ${JSON.stringify(each)}`),
    ...lost
      .slice(0, SHOWN)
      .map((each) => `  answered, and never committed: ${JSON.stringify([...each.names])}`),
    ...strange
      .slice(0, SHOWN)
      .map(({ kind, path, status }) => `  answered as nothing should be: ${kind} ${path}: ${status}`),
    ...emptiness.map((what) => `This run proves nothing: it saw ${what}.`),
  ].join('\n')
}
