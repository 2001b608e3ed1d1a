import { type Logger, pino } from 'pino'
import { tellError } from './tell-error.ts'

/** JSON lines to the standard output. Errors are told field by field: see `tellError`. */
export function createLogger(level: string): Logger {
  return pino({ level, serializers: { err: tellError } })
}
