import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type Attributes, context, propagation, type Span, SpanKind, trace } from '@opentelemetry/api'
import { notes, noteTraceId } from '../../adapters/http/kit/observe.ts'
import { fail, tracer } from './spans.ts'

/** What must not be in a trace, as the semantic conventions would have it: the secret in a link. */
const SECRET = /((?:^|&)secret=)[^&]*/g

/** The methods that the semantic conventions name. */
const METHODS = /^(CONNECT|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT|QUERY|TRACE)$/

/**
 * A span per request, by the semantic conventions for HTTP servers, below the caller's where it sent a `traceparent`.
 * `traceresponse` tells the caller which trace it was.
 * @param trusted whether callers are trusted to say what is traced; strangers could have every request traced, or none
 */
export function tracedApp(app: RequestListener, trusted: boolean): RequestListener {
  return (req, res) => {
    const here = context.active()
    const parent = trusted ? propagation.extract(here, req.headers) : here
    const method = METHODS.test(req.method!) ? req.method! : '_OTHER'
    const verb = method === '_OTHER' ? 'HTTP' : method
    const options = { kind: SpanKind.SERVER, attributes: attributesOf(req, method) }
    const span = tracer.startSpan(verb, options, parent)
    const { traceId, spanId, traceFlags } = span.spanContext()
    noteTraceId(res, traceId)
    res.setHeader('traceresponse', `00-${traceId}-${spanId}-0${traceFlags & 1}`)
    if (span.isRecording()) res.on('close', () => end(span, verb, res))
    context.with(trace.setSpan(parent, span), () => app(req, res))
  }
}

function attributesOf(req: IncomingMessage, method: string): Attributes {
  const [path, query] = splitTarget(req.url ?? '')
  const [address, port] = splitHost(req.headers.host)
  const agent = req.headers['user-agent']
  return {
    'http.request.method': method,
    ...(method === '_OTHER' && { 'http.request.method_original': req.method! }),
    'url.scheme': 'http',
    'url.path': path,
    ...(query !== undefined && { 'url.query': query.replaceAll(SECRET, '$1REDACTED') }),
    ...(address !== undefined && { 'server.address': address }),
    ...(port !== undefined && { 'server.port': port }),
    ...(req.socket.remoteAddress !== undefined && { 'client.address': req.socket.remoteAddress }),
    ...(agent !== undefined && { 'user_agent.original': agent }),
    'network.protocol.version': req.httpVersion,
  }
}

function end(span: Span, verb: string, res: ServerResponse): void {
  const { route: pattern, cacheStatus } = notes(res)
  const route = pattern?.replace(/:(\w+)/g, '{$1}')
  if (route !== undefined) span.updateName(`${verb} ${route}`).setAttribute('http.route', route)
  if (res.headersSent) span.setAttribute('http.response.status_code', res.statusCode)
  if (cacheStatus !== undefined) span.setAttribute('marketflow.cache.status', cacheStatus)
  // A client that went away is its own affair; a 4xx is too.
  if (res.statusCode >= 500) fail(span, String(res.statusCode))
  span.end()
}

function splitTarget(target: string): [path: string, query: string | undefined] {
  const mark = target.indexOf('?')
  return mark === -1 ? [target, undefined] : [target.slice(0, mark), target.slice(mark + 1)]
}

function splitHost(host: string | undefined): [address?: string, port?: number] {
  const [, address, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host ?? '') ?? []
  if (!address) return []
  return port === undefined ? [address] : [address, Number(port)]
}
