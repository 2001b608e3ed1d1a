import { z } from 'zod'

/** Of the standard's variables, those that say whether and what to trace; the exporter reads where and how itself. */
export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'expected a URL like http://host:4318' })
    .optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'expected a URL like http://host:4318/v1/traces' })
    .optional(),
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none'], 'expected otlp or none').default('otlp'),
  OTEL_SDK_DISABLED: z.string().optional(),
  OTEL_TRACES_SAMPLER: z
    .enum([
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ])
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(\d+|\d*\.\d+)$/, 'expected a number from 0 to 1')
    .transform(Number)
    .pipe(z.number().max(1, 'expected a number from 0 to 1'))
    .default(1),
}

export interface TracingConfig {
  readonly sampler: z.infer<(typeof tracingVariables)['OTEL_TRACES_SAMPLER']>
  /** For the two samplers by ratio, in [0, 1]. */
  readonly ratio: number
}

const values = z.object(tracingVariables)

/** Undefined unless a collector is named. */
export function tracingOf(env: z.infer<typeof values>): TracingConfig | undefined {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_ENDPOINT
  const disabled = env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none'
  if (endpoint === undefined || disabled) return undefined
  return { sampler: env.OTEL_TRACES_SAMPLER, ratio: env.OTEL_TRACES_SAMPLER_ARG }
}
