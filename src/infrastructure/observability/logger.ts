import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import type { RequestReport } from '../../adapters/http/kit/observe.ts'
import { redact } from './redact.ts'
import { serializeError } from './serialize-error.ts'

/** What may wait to be written, in bytes, while the standard output is not read. */
const LONGEST_QUEUE = 4 * 1024 * 1024
/**
 * Lines leave together, a write for each would cost more than the line: at most so many bytes of them, which a pipe takes
 * as a whole (PIPE_BUF of Linux). Of workers that share one, none then writes into the line of another.
 */
const TOGETHER = 4096
/** Or after so many ms, whatever there is. */
const PATIENCE_MS = 100
const WARN = 40
/** How often the end of a process tries to write what waits, a tenth of a second apart. */
const LAST_TRIES = 5

/**
 * JSON lines to the standard output. Errors are told field by field (see `serializeError`), and every finished line is
 * searched for secrets once more. No request waits for it to be written: lines go out together within a tenth of a
 * second, a warning or an error at once with all before it, and what is left at exit. A process that is killed takes a
 * tenth of a second of lines with it.
 */
export function createLogger(level: string, destination: Destination = standardOutput()): Logger {
  const hooks: LoggerOptions['hooks'] = {
    streamWrite: redact,
    logMethod(line, log, level) {
      log.apply(this, line)
      if (level >= WARN) destination.flush?.()
    },
  }
  return pino({ level, serializers: { err: serializeError }, hooks }, destination)
}

type Destination = DestinationStream & { flush?(): void }

/**
 * Not read, or on a full disk, it costs neither memory without bound nor the end of the process: lines beyond what may
 * wait are dropped and counted, and a line says how many once there is room again.
 */
function standardOutput(): Destination {
  // Looked at, a pipe no longer blocks: a thread that waits to write would keep the process from ending.
  void process.stdout
  let triesLeft = Number.POSITIVE_INFINITY
  const retryEAGAIN = () => triesLeft-- > 0
  // Before pino's own, which would try for ever.
  process.once('exit', () => {
    triesLeft = LAST_TRIES
    try {
      if (refusal !== undefined) throw refusal
      if (underWay) output.flushSync()
      // Handed over to it, they would be left to a thread that may come too late.
      if (bytes > 0) pino.destination({ dest: 1, sync: true, retryEAGAIN }).write(lines)
    } catch {
      output.destroy()
    }
  })
  const output = pino.destination({
    dest: 1,
    sync: false,
    maxWrite: TOGETHER,
    maxLength: LONGEST_QUEUE,
    retryEAGAIN,
  })
  // A full disk, say: the lines wait for the next ones, and are written with them once there is room. At the end they
  // would be tried for ever.
  let refusal: Error | undefined
  output.on('error', (error: Error) => {
    refusal = error
  })
  output.on('write', () => {
    refusal = undefined
  })
  let underWay = false
  let dropped = 0
  output.on('drop', (refused: string) => {
    dropped += refused.split('\n').length - 1
  })
  output.on('drain', () => {
    underWay = false
    if (dropped === 0) return
    const line = {
      level: 40,
      time: Date.now(),
      pid: process.pid,
      dropped,
      msg: 'the standard output was not read, and lines of the log were dropped',
    }
    dropped = 0
    underWay = true
    output.write(`${JSON.stringify(line)}\n`)
  })
  let lines = ''
  let bytes = 0
  const flush = () => {
    if (bytes > 0) {
      underWay = true
      output.write(lines)
    }
    lines = ''
    bytes = 0
  }
  let waiting = false
  const write = (line: string) => {
    const length = Buffer.byteLength(line)
    if (bytes + length > TOGETHER) flush()
    lines += line
    bytes += length
    if (waiting) return
    waiting = true
    setTimeout(() => {
      waiting = false
      flush()
    }, PATIENCE_MS).unref()
  }
  return { write, flush }
}

/** One line per request: `error` where it was our fault, `info` for the rest. */
export function requestLog(logger: Logger): (report: RequestReport) => void {
  // Asked once: a load test at `LOG_LEVEL=warn` should not make lines to throw away.
  const talkative = logger.isLevelEnabled('info')
  return (report) => {
    const failed = report.status >= 500
    if (!failed && !talkative) return
    const { method, route, status, ms, requestId, cacheStatus, deed, traceId } = report
    const rounded = Math.round(ms * 10) / 10
    const line = { requestId, method, route, status, ms: rounded, cacheStatus, ...deed, trace_id: traceId }
    if (failed) logger.error(line, 'request')
    else logger.info(line, 'request')
  }
}
