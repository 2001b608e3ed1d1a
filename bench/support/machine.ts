import { execFile } from 'node:child_process'
import { cpus, loadavg, totalmem } from 'node:os'
import { promisify } from 'node:util'
import type { TestRedis } from '../../test/support/redis.ts'

/** Where figures were measured: without it they mean nothing. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  /** Of the last minute, when it was looked at: more than the benchmark's own says that others were at work. */
  readonly load: number
  readonly node: string
  /** The repository's revision. */
  readonly revision: string
}

export async function thisMachine(): Promise<Machine> {
  const processors = cpus()
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    load: Math.round(loadavg()[0]! * 10) / 10,
    node: process.version,
    revision: await revision(),
  }
}

export function describeMachine({ cpu, cores, memoryGb, load, node, revision }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGb} GB, load ${load} at the start; Node ${node}; revision ${revision}`
}

export async function redisVersion(redis: TestRedis): Promise<string> {
  const info = String(await redis.cli('INFO', 'server'))
  return /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown'
}

async function revision(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', ['describe', '--always', '--dirty'])
    return stdout.trim()
  } catch {
    return 'unknown'
  }
}
