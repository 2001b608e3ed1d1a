import type { IncomingMessage, ServerResponse } from 'node:http'
import { propagation } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { tracedApp } from '../../../src/infrastructure/tracing/traced-app.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'

beforeAll(() => {
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
})
afterAll(() => propagation.disable())

/** The trace that the caller is told of. Without an SDK a span belongs to its parent's trace, or to none. */
function traceOf(trusted: boolean): string {
  let told = ''
  const req = {
    method: 'GET',
    url: '/',
    socket: {},
    headers: { traceparent: `00-${TRACE}-b7ad6b7169203331-01` },
  } as unknown as IncomingMessage
  const res = {
    setHeader: (_name: string, value: string) => {
      told = value
    },
  } as unknown as ServerResponse
  tracedApp(() => undefined, trusted)(req, res)
  return told
}

it('a request is traced below its caller only where a proxy is trusted: strangers do not decide what is sampled', () => {
  expect(traceOf(true)).toContain(TRACE)
  expect(traceOf(false)).not.toContain(TRACE)
})
