import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { folderWith } from './binaries.ts'
import { install, mayInstall } from './install.ts'

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
  const path = process.env.REDIS_SERVER ?? (await installed()) ?? (await installedNow())
  const { stdout } = await promisify(execFile)(path, ['--version']).catch((cause) => {
    throw new Error(`REDIS_SERVER is ${path}, which does not run`, { cause })
  })
  const version = /v=(\S+)/.exec(stdout)?.[1] ?? 'of an unknown version'
  return { path, description: `redis-server ${version}` }
}

async function installed(): Promise<string | undefined> {
  const folder = await folderWith('redis-server')
  return folder && join(folder, 'redis-server')
}

async function installedNow(): Promise<string> {
  if (await mayInstall()) await install('redis-server')
  const path = await installed()
  if (path !== undefined) return path
  throw new Error(
    'The tests start their own Redis, and there is no redis-server. Install it (`apt-get install redis-server`, ' +
      '`brew install redis`), or name the program in REDIS_SERVER.',
  )
}
