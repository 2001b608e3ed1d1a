import type { Logger } from 'pino'
import type { RequestReport } from '../../adapters/http/kit/observe.ts'

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
