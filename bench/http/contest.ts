import { quantile } from '../support/statistics.ts'
import type { Running } from './contestant.ts'
import type { Load, LoadGenerator, Throughput } from './load.ts'

/** One contestant at one number of connections in one round. */
export interface Sample extends Throughput {
  /** The server's CPU time for an answer, in µs. */
  readonly cpuUs: number
  /** Redis's, which is no small part of it for a server that asks Redis for every answer. */
  readonly redisCpuUs: number
}

export interface Measurer {
  readonly generator: LoadGenerator
  readonly path: string
  readonly redisCpuUs: () => Promise<number>
}

/** One turn of load on a server that is warm. */
export async function sample(measurer: Measurer, server: Running, load: Load): Promise<Sample> {
  const [before, redisBefore] = [await server.cpuUs(), await measurer.redisCpuUs()]
  const throughput = await measurer.generator.load(server.url + measurer.path, load)
  const [after, redisAfter] = [await server.cpuUs(), await measurer.redisCpuUs()]
  return {
    ...throughput,
    cpuUs: (after - before) / throughput.answers,
    redisCpuUs: (redisAfter - redisBefore) / throughput.answers,
  }
}

export function perSecond({ answers, seconds }: Throughput): number {
  return answers / seconds
}

/** Of what was measured round by round. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

function spread(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), least: Math.min(...values), most: Math.max(...values) }
}

/** How many times the base's figure, round by round, so that what slows the machine down for a while is in both. */
export function ratios(
  samples: readonly Sample[],
  base: readonly Sample[],
  figure: (sample: Sample) => number,
): Spread {
  return spread(samples.map((sample, round) => figure(sample) / figure(base[round]!)))
}
