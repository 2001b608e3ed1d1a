import { type DestinationStream, type Logger, pino } from 'pino'
import { redact } from './redact.ts'
import { tellError } from './tell-error.ts'

/**
 * JSON lines to the standard output. Errors are told field by field (see `tellError`), and every finished line is
 * searched for secrets once more. No request waits for it to be written: lines that come meanwhile go out together, and
 * what is left goes out at exit.
 */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ dest: 1, sync: false }),
): Logger {
  return pino({ level, serializers: { err: tellError }, hooks: { streamWrite: redact } }, destination)
}
