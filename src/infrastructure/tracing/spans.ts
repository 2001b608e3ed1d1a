import { type Attributes, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { HttpError } from '../../adapters/http/kit/problem.ts'
import { CacheUnusable } from '../../application/consistency/ports/cache-port.ts'
import { Unavailable } from '../../application/consistency/ports/unavailable.ts'
import { MarketflowError } from '../../domain/errors.ts'

/** The OpenTelemetry API alone: until an SDK is registered, its spans are nothing. */
export const tracer: Tracer = trace.getTracer('marketflow')

/** Adds what is learnt while a span is open. */
type Learn = (attributes: Attributes) => void

const ignore: Learn = () => undefined

/** Whether what is done now belongs to a trace that is recorded. */
export const isTraced = (): boolean => trace.getActiveSpan()?.isRecording() === true

/**
 * Runs the work in a span below the active one. Without a recorded one above there is none: what a timer does three
 * times a second is no trace to look for.
 */
export function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: (learn: Learn) => Promise<T>,
  kind = SpanKind.INTERNAL,
): Promise<T> {
  if (!isTraced()) return work(ignore)
  return tracer.startActiveSpan(name, { kind, attributes }, async (span) => {
    try {
      return await work((more) => span.setAttributes(more))
    } catch (error) {
      fail(span, errorType(error))
      throw error
    } finally {
      span.end()
    }
  })
}

/** The type alone: messages may quote what a client sent. */
export function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR })
}

export function errorType(error: unknown): string {
  if (error instanceof CacheUnusable) return error.reason
  if (error instanceof Unavailable || error instanceof MarketflowError || error instanceof HttpError)
    return error.code
  return error instanceof Error ? error.name : '_OTHER'
}
