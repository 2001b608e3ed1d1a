import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  /** 2: server, 3: client; 1: internal. */
  readonly kind: number
  readonly attributes: Readonly<Record<string, unknown>>
  /** 2: error. */
  readonly status: number | undefined
  readonly resource: Readonly<Record<string, unknown>>
}

/** What OpenTelemetry's collector is to a service: it takes spans over OTLP/HTTP, in JSON. */
export interface Collector {
  readonly url: string
  readonly spans: readonly ReceivedSpan[]
  close(): Promise<void>
}

export async function startCollector(): Promise<Collector> {
  const spans: ReceivedSpan[] = []
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    if (req.url === '/v1/traces') {
      const text = req.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes
      spans.push(...spansOf(JSON.parse(text.toString())))
    }
    res.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** The tree below a span, as indented names. */
export function treeOf(spans: readonly ReceivedSpan[], root: ReceivedSpan, depth = 0): string[] {
  const children = spans.filter(({ parentSpanId }) => parentSpanId === root.spanId)
  return ['  '.repeat(depth) + root.name, ...children.flatMap((child) => treeOf(spans, child, depth + 1))]
}

// biome-ignore lint/suspicious/noExplicitAny: the wire format, as it came.
type Wire = any

function spansOf({ resourceSpans }: Wire): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }: Wire) =>
    scopeSpans.flatMap(({ spans }: Wire) =>
      spans
        .toSorted((a: Wire, b: Wire) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
        .map((span: Wire) => ({
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId || undefined,
          name: span.name,
          kind: span.kind,
          attributes: record(span.attributes),
          status: span.status?.code,
          resource: record(resource.attributes),
        })),
    ),
  )
}

function record(attributes: Wire): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }: Wire) => [key, plain(value)]))
}

function plain(value: Wire): unknown {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(plain)
  return (
    value.stringValue ??
    value.boolValue ??
    (value.intValue === undefined ? value.doubleValue : Number(value.intValue))
  )
}
