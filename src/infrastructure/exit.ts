import { HttpError } from '../adapters/http/kit/problem.ts'
import { DataDirUnusable } from '../adapters/postgres/data-dir.ts'
import { aboutCause, failureCause } from '../adapters/postgres/failure-cause.ts'
import { SettingsConflict } from '../adapters/postgres/settings-lock.ts'
import { SessionNotOwn } from '../adapters/postgres/shared-sessions.ts'
import { Unavailable } from '../application/consistency/ports/unavailable.ts'
import { MarketflowError } from '../domain/errors.ts'
import { ConfigError } from './config/config.ts'
import { serializeError } from './observability/serialize-error.ts'

/** `EX_CONFIG` of sysexits.h: wrong settings, which a restart cannot mend. */
const EXIT_CONFIG = 78
/** `EX_UNAVAILABLE`: something needed is missing now; a restart may help. */
export const EXIT_UNAVAILABLE = 69
/** `EX_DATAERR`: the input is wrong. */
const EXIT_DATA = 65

/** The exit code for an error that ends a command, as sysexits.h defines them. */
export function exitCodeOf(error: unknown): number {
  if (isConfiguration(error) || listenFailure(error) !== undefined) return EXIT_CONFIG
  if (error instanceof Unavailable) {
    const cause = failureCause(error)
    return cause !== undefined && aboutCause(cause).setting ? EXIT_CONFIG : EXIT_UNAVAILABLE
  }
  if (!(error instanceof MarketflowError)) return 1
  return error.code === 'validation-failed' ? EXIT_DATA : EXIT_UNAVAILABLE
}

/** What to print: a sentence for what people can mend, a stack for what only we can. */
export function explainExit(error: unknown): string {
  if (isConfiguration(error)) return error.message
  const address = listenFailure(error)
  if (address !== undefined) return address
  const refused = error instanceof MarketflowError || error instanceof HttpError
  if (!refused && !(error instanceof Unavailable)) {
    const { stack, message } = serializeError(error)
    return stack ?? message
  }
  const errors = refused ? error.errors : []
  const fields = errors.map(({ path, message }) => `\n  ${path}: ${message}`).join('')
  const cause = error instanceof Unavailable ? failureCause(error) : undefined
  const says = cause === undefined ? '' : `: ${aboutCause(cause).says}`
  return `${error.message}${says}${error.cause instanceof Error ? `: ${error.cause.message}` : ''}${fields}`
}

function isConfiguration(error: unknown): error is Error {
  return [ConfigError, SettingsConflict, SessionNotOwn, DataDirUnusable].some((kind) => error instanceof kind)
}

const LISTEN_FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this user may not listen there; ports below 1024 need a privilege',
  EADDRNOTAVAIL: 'this machine has no such address',
}

/** A sentence for an address that cannot be listened on. */
function listenFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, syscall, address, port } = error as NodeJS.ErrnoException & {
    readonly address?: string
    readonly port?: number
  }
  const reason = LISTEN_FAILURES[code ?? '']
  if (reason === undefined || (syscall !== 'listen' && syscall !== 'bind')) return undefined
  const place = `${address ?? ''}${port === undefined ? '' : `:${port}`}`
  return `HOST and PORT: cannot listen on ${place} (${code}): ${reason}.`
}
