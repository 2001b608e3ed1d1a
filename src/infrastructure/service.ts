import type { Logger } from 'pino'
import { listen } from '../adapters/http/server.ts'
import { CachePort } from '../application/consistency/ports/cache-port.ts'
import { type Config, doubtsAbout } from './config/config.ts'
import { openLimits } from './config/limits.ts'
import { openControl } from './control.ts'
import { type Core, type Override, openCore } from './core.ts'
import { openDemoAccounts, seedDemo } from './demo/seed-demo.ts'
import { httpApp } from './http.ts'
import { createLogger } from './observability/logger.ts'
import { operatorCommands } from './operator-commands.ts'
import { startResetMails } from './reset-mails.ts'
import { startTracing } from './tracing/sdk.ts'
import { tracedApp } from './tracing/traced-app.ts'

export interface Service {
  readonly url: string
  /** Resolves with the reason when it cannot go on, and is to be closed. It has been logged. */
  readonly failed: Promise<Error>
  /**
   * Lets requests in flight end, which includes the confirmation of their writes; then applies what is still pending,
   * and closes the cache and the database. Asked again, as a worker is by its supervisor and by a signal, it is the same
   * end that is waited for.
   */
  close(): Promise<void>
}

/** Starts everything. Throws what `openCore` throws, and when the address cannot be listened on; nothing stays open then. */
export async function startService(config: Config, overrides: readonly Override[] = []): Promise<Service> {
  const logger = createLogger(config.logLevel)
  for (const doubt of doubtsAbout(config)) logger.warn(doubt)
  // Closed in the reverse of the order in which it was opened, as far as that has come.
  await using opening = new AsyncDisposableStack()
  const tracing = config.tracing && (await startTracing(config.tracing, logger))
  opening.defer(() => tracing?.shutdown())
  const core = await openCore(config, logger, overrides)
  opening.defer(() => endCore(core, logger))
  const limiting = openLimits(config)
  opening.defer(() => limiting.close())
  if (config.seedDemo && (await seedDemo(core.container)))
    logger.info('filled the empty database with demo data')
  if (config.exposed) await warnOfDemoAccounts(core, logger)
  const commands = await operatorCommands(config, core)
  const control = await openControl(config, commands, logger)
  opening.defer(() => control.close())
  const mails = await startResetMails(config, core, logger)
  opening.defer(() => mails.close())
  const closing = new AbortController()
  const app = await httpApp(config, core, commands, limiting.limits, logger, closing.signal)
  const { name: cache } = await core.container.getAsync(CachePort)
  const server = await listen(tracing ? tracedApp(app, config.trustProxy > 0) : app, config)
  logger.info({ url: server.url, database: core.database.describe, cache }, 'listening')
  opening.defer(async () => {
    logger.info('stopping')
    closing.abort()
    await server.close()
  })
  const opened = opening.move()
  let closed: Promise<void> | undefined
  return {
    url: server.url,
    failed: core.database.replaced.then((error) => {
      logger.fatal({ err: error }, error.message)
      return error
    }),
    close() {
      closed ??= opened.disposeAsync()
      return closed
    },
  }
}

async function warnOfDemoAccounts({ container }: Core, logger: Logger): Promise<void> {
  const accounts = await openDemoAccounts(container)
  if (accounts.length === 0) return
  logger.warn(
    { accounts },
    'others can reach this service, and sign in to its demo accounts: their password is published. Change it for each, or start with an empty database and SEED_DEMO=false',
  )
}

/** Says whether every invalidation this instance knew of is done, or who has to do it. */
async function endCore(core: Core, logger: Logger): Promise<void> {
  const { invalidationsLeft } = await core.close()
  if (invalidationsLeft === 0) logger.info('stopped; every invalidation is applied')
  else
    logger.warn(
      { invalidationsLeft },
      'stopped; what is left in the log is applied by the other instances, or the next',
    )
}
