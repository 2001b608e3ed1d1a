import { describe, expect, it } from 'vitest'
import type { RequestReport } from '../../../src/adapters/http/kit/observe.ts'
import { createLogger, requestLog } from '../../../src/infrastructure/observability/logger.ts'

const HIT: RequestReport = {
  method: 'GET',
  route: '/markets/:id',
  status: 200,
  ms: 0.4444,
  requestId: 'request-1',
  cacheStatus: 'marketflow; hit; ttl=287; detail=l1',
  traceId: undefined,
}

function logged(level: string, ...reports: RequestReport[]) {
  const lines: string[] = []
  const log = requestLog(createLogger(level, { write: (line) => lines.push(line) }))
  for (const report of reports) log(report)
  return lines.map((line) => JSON.parse(line))
}

describe('the request log', () => {
  it('is one line per request', () => {
    const [line, ...more] = logged('info', HIT)
    expect(more).toEqual([])
    const { time, pid, hostname, ...told } = line
    expect(told).toEqual({
      level: 30,
      msg: 'request',
      requestId: 'request-1',
      method: 'GET',
      route: '/markets/:id',
      status: 200,
      ms: 0.4,
      cacheStatus: 'marketflow; hit; ttl=287; detail=l1',
    })
  })

  it('names the trace, where there is one', () => {
    expect(logged('info', { ...HIT, traceId: 'abc' })).toMatchObject([{ trace_id: 'abc' }])
  })

  it('calls an error what is our fault, and nothing else', () => {
    const statuses = [200, 304, 404, 429, 499, 500, 503]
    const lines = logged('info', ...statuses.map((status) => ({ ...HIT, status })))
    expect(lines.map(({ level }) => level)).toEqual([30, 30, 30, 30, 30, 50, 50])
  })

  it('at a quieter level tells of failures only', () => {
    expect(logged('warn', HIT, { ...HIT, status: 503 })).toMatchObject([{ status: 503 }])
  })
})
