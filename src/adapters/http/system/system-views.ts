import { z } from 'zod'

export const health = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Health' })

export const readiness = z
  .strictObject({
    database: z.enum(['reachable', 'unreachable']).describe('This alone decides.'),
    database_cause: z
      .string()
      .nullable()
      .describe('What keeps PostgreSQL from serving this instance, such as `refused` or `disk-full`.'),
    cache: z
      .strictObject({
        name: z
          .string()
          .describe('The adapter’s: `tiered`, `redis`, `redis-cluster`, `lru`, `null`, or your own.'),
        connected: z.boolean().describe('False also while it is there and does not do its work.'),
        breaker: z.enum(['closed', 'open', 'half-open', 'none']),
        problem: z
          .string()
          .exactOptional()
          .describe(
            'Why reads bypass it, in a word, such as `MISCONF` or `timeout`. The log and `/admin` say more.',
          ),
      })
      .describe('Without it all works, slower.'),
    lease: z
      .strictObject({ held: z.boolean(), age_ms: z.int().nullable() })
      .describe('Whether this instance may use the cache now, and since when, in milliseconds.'),
    invalidations: z
      .strictObject({ pending: z.int().min(0) })
      .describe('Rows of the log that the last drain could not apply.'),
  })
  .meta({ id: 'Readiness' })

export type Readiness = z.output<typeof readiness>

export const documentView = z.looseObject({ openapi: z.string() }).meta({ id: 'Document' })

export const metricsText = z.string().describe('In the text format of Prometheus.').meta({ id: 'Metrics' })
