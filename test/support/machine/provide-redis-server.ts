import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { provideProgram } from './install.ts'

export interface RedisServer {
  /** The program; tests start it themselves, as often as they need it. */
  readonly path: string
  readonly description: string
}

/**
 * `REDIS_SERVER` if it is set, else the one that is installed, else it installs one where it may.
 * @throws Error that says what to do.
 */
export async function provideRedisServer(): Promise<RedisServer> {
  const path = await provideProgram({
    name: 'redis-server',
    debianPackage: 'redis-server',
    variable: 'REDIS_SERVER',
    purpose: 'start their own Redis',
  })
  const { stdout } = await promisify(execFile)(path, ['--version']).catch((cause) => {
    throw new Error(`REDIS_SERVER is ${path}, which does not run`, { cause })
  })
  const version = /v=(\S+)/.exec(stdout)?.[1] ?? 'of an unknown version'
  return { path, description: `redis-server ${version}` }
}
