import { tracingChannel } from 'node:diagnostics_channel'
import { type Span, SpanKind } from '@opentelemetry/api'
import { errorType, fail, isTraced, tracer } from './spans.ts'

/** What ioredis publishes of each command that it sends. */
interface SentCommand {
  readonly command: string
  readonly serverAddress: string
  readonly serverPort: number | undefined
}

/** They end each pipeline and vouch for its other answers: none of them is work that a request asked for. */
const WHO_ANSWERS = new Set(['role', 'info'])

/**
 * A span for each command that ioredis sends below a request, by the semantic conventions for databases. Reads of one
 * tick share one command: it belongs to the trace of the request that asked first.
 */
export function traceRedis(): void {
  const open = new WeakMap<SentCommand, Span>()
  tracingChannel<SentCommand>('ioredis:command').subscribe({
    start(sent) {
      if (!isTraced() || WHO_ANSWERS.has(sent.command)) return
      const operation = sent.command.toUpperCase()
      const attributes = {
        'db.system.name': 'redis',
        'db.operation.name': operation,
        'server.address': sent.serverAddress,
        ...(sent.serverPort !== undefined && { 'server.port': sent.serverPort }),
      }
      open.set(sent, tracer.startSpan(operation, { kind: SpanKind.CLIENT, attributes }))
    },
    error(sent) {
      const span = open.get(sent)
      if (span !== undefined) fail(span, errorType(sent.error))
    },
    asyncEnd(sent) {
      open.get(sent)?.end()
    },
  })
}
