import { DataDirInUse } from '../adapters/postgres/data-dir.ts'
import { RegimeConflict } from '../adapters/postgres/regime.ts'
import { Unavailable } from '../application/consistency/unavailable.ts'
import { MarketflowError } from '../domain/errors.ts'
import { ConfigError } from './config.ts'
import { tellError } from './tell-error.ts'

/** `EX_CONFIG` of sysexits.h: wrong settings, which a restart cannot mend. */
const EXIT_CONFIG = 78
/** `EX_UNAVAILABLE`: something needed is missing now; a restart may help. */
const EXIT_UNAVAILABLE = 69
/** `EX_DATAERR`: the input is wrong. */
const EXIT_DATA = 65

/** The exit code for an error that ends a command, as sysexits.h defines them. */
export function exitCodeOf(error: unknown): number {
  if (isConfiguration(error)) return EXIT_CONFIG
  if (error instanceof Unavailable) return EXIT_UNAVAILABLE
  if (!(error instanceof MarketflowError)) return 1
  return error.code === 'validation-failed' ? EXIT_DATA : EXIT_UNAVAILABLE
}

/** What to print: a sentence for what people can mend, a stack for what only we can. */
export function explainExit(error: unknown): string {
  if (isConfiguration(error)) return error.message
  if (!(error instanceof MarketflowError || error instanceof Unavailable)) {
    const { stack, message } = tellError(error)
    return stack ?? message
  }
  const { errors } = error instanceof MarketflowError ? error : { errors: [] }
  const fields = errors.map(({ path, message }) => `\n  ${path}: ${message}`).join('')
  return `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ''}${fields}`
}

function isConfiguration(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof RegimeConflict || error instanceof DataDirInUse
}
