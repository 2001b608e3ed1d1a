import type { Logger } from 'pino'
import { resetPath } from '../adapters/http/pages/reset-page.ts'
import { type ResetMailReport, SendResetMail } from '../application/accounts/reset-mails.ts'
import { Clock } from '../application/consistency/ports/clock.ts'
import { Random } from '../application/consistency/ports/random.ts'
import { Mailer } from '../application/ports/mailer.ts'
import { Writes } from '../application/tables/reads-and-writes.ts'
import type { Config } from './config/config.ts'
import type { Core } from './core.ts'
import { Metrics } from './observability/metrics.ts'

/** How often an instance looks whether a link was asked for, and how soon it looks again after the database failed it. */
const LOOK_EVERY_MS = 1_000
const LOOK_AGAIN_MS = 10_000

/** The address of a link's page; the command knows no better one than its own machine's. */
export function resetLink({ publicUrl, port }: Config, secret: string): string {
  return `${publicUrl ?? `http://localhost:${port}`}${resetPath(secret)}`
}

/**
 * Sends links by mail, as they are asked for, of whatever instance; none without a mail server. `close` waits for the
 * mail that is under way.
 */
export async function startResetMails(
  config: Config,
  { container }: Core,
  logger: Logger,
): Promise<{ close(): Promise<void> }> {
  const mailer = await container.getAsync(Mailer)
  if (!mailer.works) return { close: async () => {} }
  const metrics = await container.getAsync(Metrics)
  const clock = await container.getAsync(Clock)
  const sendNext = SendResetMail({
    writes: await container.getAsync(Writes),
    random: await container.getAsync(Random),
    clock,
    mailer,
    linkTo: (secret) => resetLink(config, secret),
    report: (report) => {
      metrics.resetMailed(report.outcome)
      tell(logger, report)
    },
  })
  const closing = new AbortController()
  const { signal } = closing
  const running = (async () => {
    while (!signal.aborted) {
      const next = await sendNext().catch((error: unknown) => {
        logger.warn({ err: error }, 'could not look whether a link for a new password is to be mailed')
      })
      if (next !== true) await clock.sleep(next === undefined ? LOOK_AGAIN_MS : LOOK_EVERY_MS, signal)
    }
  })()
  return {
    async close() {
      closing.abort()
      await running
    },
  }
}

/** Accounts by their ids: addresses are in no line. */
function tell(logger: Logger, { outcome, error, ...report }: ResetMailReport): void {
  if (outcome === 'sent') logger.info(report, 'mailed a link for a new password')
  else if (outcome === 'failed')
    logger.warn({ ...report, err: error }, 'a link for a new password could not be mailed; it is tried again')
  else logger.error({ ...report, err: error }, 'a link for a new password was not mailed, and is given up')
}
