import { context, DiagLogLevel, diag, propagation, trace } from '@opentelemetry/api'
import type { Sampler } from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'
import { messageOf } from '../../domain/errors.ts'
import type { TracingConfig } from '../config/tracing-config.ts'
import { traceRedis } from './redis-spans.ts'

/**
 * Registers the OpenTelemetry SDK: from now on spans are sent, in batches, to the collector that the standard variables
 * name (`OTEL_EXPORTER_OTLP_*`, which the exporter reads itself). Its packages are loaded here and only here.
 */
export async function startTracing(
  config: TracingConfig,
  logger: Logger,
): Promise<{ shutdown(): Promise<void> }> {
  const [hooks, { BatchSpanProcessor, TracerProvider }, { OTLPTraceExporter }, core, resources] =
    await Promise.all([
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/core'),
      import('@opentelemetry/resources'),
    ])
  const { defaultResource, detectResources, envDetector, resourceFromAttributes, serviceInstanceIdDetector } =
    resources
  const warn = (message: string) => logger.warn({ telemetry: message }, 'OpenTelemetry')
  const quiet = () => undefined
  diag.setLogger({ error: warn, warn, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN)
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'marketflow' }))
      .merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] })),
    sampler: await samplerOf(config),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  })
  context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager())
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
  traceRedis()
  return { shutdown: () => provider.shutdown().catch((error: unknown) => warn(messageOf(error))) }
}

/** The samplers that the specification names. */
async function samplerOf({ sampler, ratio }: TracingConfig): Promise<Sampler> {
  const { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler } = await import(
    '@opentelemetry/sdk-trace'
  )
  const root = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  }
  const name = sampler.replace('parentbased_', '') as keyof typeof root
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root: root[name]() }) : root[name]()
}
