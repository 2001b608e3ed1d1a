import { Coverage } from './coverage.ts'
import { describeFault, type Plan } from './plan.ts'
import type { Broken, Finding, RunSchedule } from './simulator.ts'

/** A smaller plan needs another order to fail: so many are tried, and so many in all. */
const ORDERS = 200
const MOST_SCHEDULES = 12_000

/** Takes requests, faults and clock errors away for as long as some order still breaks the same rule. */
async function shrink(runSchedule: RunSchedule, finding: Finding): Promise<Finding> {
  let best = finding
  const rules = new Set(finding.violations.map(({ rule }) => rule))
  const wanted: Broken['rule'] = rules.has('stale') ? 'stale' : finding.violations[0]!.rule
  let left = MOST_SCHEDULES
  search: for (;;) {
    for (const plan of smallerPlans(best.plan)) {
      for (let order = 1; order <= ORDERS; order++) {
        if (left-- <= 0) return best
        const violations = await runSchedule(plan, order)
        if (!violations.some(({ rule }) => rule === wanted)) continue
        best = { ...best, plan, order, violations }
        continue search
      }
    }
    return best
  }
}

function* smallerPlans(plan: Plan): Generator<Plan> {
  for (const client of plan.clients.keys()) yield { ...plan, clients: plan.clients.toSpliced(client, 1) }
  for (const fault of plan.faults.keys()) yield { ...plan, faults: plan.faults.toSpliced(fault, 1) }
  if (plan.startsAt > 10) yield { ...plan, startsAt: plan.startsAt >> 1, faults: sooner(plan) }
  if (plan.faults.some(({ from }) => from > 40)) yield { ...plan, faults: sooner(plan) }
  if (plan.lossChance > 0) yield { ...plan, lossChance: 0 }
  if (plan.hosts.some(({ rate }) => rate !== 1)) {
    yield { ...plan, hosts: plan.hosts.map((host) => ({ ...host, rate: 1, offsetMs: 0 })) }
  }
  for (const [client, requests] of plan.clients.entries()) {
    for (const request of requests.keys()) {
      yield { ...plan, clients: plan.clients.with(client, requests.toSpliced(request, 1)) }
    }
  }
}

function sooner({ faults }: Plan): Plan['faults'] {
  return faults.map((fault) => ({ ...fault, from: fault.from * 0.7, until: fault.until * 0.7 }))
}

/** What to print of a finding: what broke, every step that leads there, and `replay`, the command that does it again. */
export async function explain(runSchedule: RunSchedule, finding: Finding, replay: string): Promise<string> {
  const { plan, order, violations } = await shrink(runSchedule, finding)
  const trace: string[] = []
  await runSchedule(plan, order, new Coverage(), trace)
  return [
    `${violations.every(({ rule }) => rule === 'no such step') ? 'It is no path of the model.' : 'The promise is broken.'} Seed ${finding.seed}, ${plan.mode} mode; shrunk to:`,
    ...plan.clients.map(
      (requests, client) =>
        `  client ${client}: ${requests.map(({ kind, view, slot }) => `${kind} ${view} at I${slot}`).join(', ')}`,
    ),
    ...plan.faults.map((fault) => `  fault: ${describeFault(fault)}`),
    ...violations.map(
      ({ rule, operation, explanation }) => `  ${rule}: ${explanation} (view ${operation.view})`,
    ),
    'Every step, with the true time in ms:',
    ...trace.map((line) => `  ${line}`),
    `Replay: ${replay}`,
  ].join('\n')
}
