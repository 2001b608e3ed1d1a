import { DataDirInUse } from '../adapters/postgres/data-dir.ts'
import { RegimeConflict } from '../adapters/postgres/regime.ts'
import { MarketflowError } from '../domain/errors.ts'
import { ConfigError, readConfig } from './config.ts'
import { startService } from './service.ts'

/** `EX_CONFIG` of sysexits.h: wrong settings, which a restart cannot mend. */
const EXIT_CONFIG = 78
/** `EX_UNAVAILABLE`: something needed is missing now; a restart may help. */
const EXIT_UNAVAILABLE = 69

try {
  const service = await startService(readConfig(process.env))
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second Ctrl-C is meant: do not wait any longer.
      if (stopping) process.exit(1)
      stopping = true
      service.close().then(
        () => process.exit(0),
        () => process.exit(1),
      )
    })
  }
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = exitCodeOf(error)
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError || error instanceof RegimeConflict || error instanceof DataDirInUse) {
    return EXIT_CONFIG
  }
  return error instanceof MarketflowError ? EXIT_UNAVAILABLE : 1
}

function explain(error: unknown): string {
  if (error instanceof MarketflowError)
    return `${error.message}: ${(error.cause as Error | undefined)?.message ?? ''}`
  if (error instanceof Error && exitCodeOf(error) === EXIT_CONFIG) return error.message
  return String(error instanceof Error ? error.stack : error)
}
