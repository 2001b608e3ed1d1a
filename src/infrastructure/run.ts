import cluster from 'node:cluster'
import { type Config, readConfig } from './config/config.ts'
import type { Override } from './core.ts'
import { EXIT_UNAVAILABLE, exitCodeOf, explainExit } from './exit.ts'
import { createLogger } from './observability/logger.ts'
import { type Service, startService } from './service.ts'
import { Supervisor } from './workers/supervisor.ts'
import { onSupervisorStop } from './workers/worker.ts'

/** Takes what a signal is to do from now on. */
export type OnSignal = (act: (signal: 'SIGINT' | 'SIGTERM') => void) => void

const fromNowOn: OnSignal = (act) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => act(signal))
}

/**
 * The process, in the part that its environment gives it: the service alone, a worker, or the supervisor of workers.
 * `overrides`: what the service is made of otherwise, such as a cache adapter of one's own.
 */
export async function run({
  onSignal = fromNowOn,
  overrides = [],
}: {
  readonly onSignal?: OnSignal
  readonly overrides?: readonly Override[]
}): Promise<void> {
  const start = (config: Config) => startService(config, overrides)
  try {
    const config = readConfig(process.env)
    if (cluster.isWorker) await work(start(config), onSignal)
    else if (config.workers > 1) await supervise(config, onSignal)
    else await serve(start(config), onSignal)
  } catch (error) {
    process.stderr.write(`${explainExit(error)}\n`)
    process.exitCode = exitCodeOf(error)
    // A worker's channel to its supervisor would keep it alive; closing that would end it with 0.
    if (cluster.isWorker) process.exit()
  }
}

async function serve(starting: Promise<Service>, onSignal: OnSignal): Promise<void> {
  let stopping = false
  onSignal(() => {
    // A second Ctrl-C is meant: do not wait any longer.
    if (stopping) process.exit(1)
    stopping = true
    exitAfter(starting.then((service) => service.close()))
  })
  endWhenFailed(await starting)
}

async function supervise(config: Config, onSignal: OnSignal): Promise<void> {
  const supervisor = new Supervisor(createLogger(config.logLevel))
  onSignal(() => supervisor.stop())
  process.exit(await supervisor.run(config.workers))
}

/** As `serve`, but a terminal's Ctrl-C reaches every process, and it is the supervisor who says what it means. */
async function work(starting: Promise<Service>, onSignal: OnSignal): Promise<void> {
  const stop = () => exitAfter(starting.then((service) => service.close()))
  onSignal((signal) => signal === 'SIGTERM' && stop())
  onSupervisorStop(stop)
  endWhenFailed(await starting)
}

/** How long an instance that cannot go on may take to say farewell, in ms. */
const FAREWELL_MS = 5_000

/** Closed first, so that what others wait for is answered; but not for as long as they like. */
function endWhenFailed(service: Service): void {
  service.failed.then(() => {
    const end = () => process.exit(EXIT_UNAVAILABLE)
    setTimeout(end, FAREWELL_MS)
    service.close().then(end, end)
  })
}

function exitAfter(closed: Promise<void>): void {
  closed.then(
    () => process.exit(0),
    () => process.exit(1),
  )
}
