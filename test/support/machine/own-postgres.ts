import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../redis.ts'
import { folderWith } from './binaries.ts'
import { inspectServer } from './inspect-server.ts'
import { install, mayInstall } from './install.ts'

const run = promisify(execFile)

export interface OwnPostgres {
  readonly url: string
  stop(): Promise<void>
}

/** The folder of the PostgreSQL server's programs, where they are installed. */
export const findPostgres = () => folderWith('postgres', 'initdb', 'pg_basebackup')

/**
 * The folder of the PostgreSQL server's programs, which are installed where that is allowed.
 * @throws Error that says what to do.
 */
export async function installPostgres(
  whatToDo = 'The tests start PostgreSQL servers of their own: install one (apt-get install postgresql, brew install postgresql)',
): Promise<string> {
  let found = await findPostgres()
  if (found === undefined && (await mayInstall())) {
    await install('postgresql')
    found = await findPostgres()
  }
  if (found === undefined) throw new Error(whatToDo)
  return found
}

/** A server in a directory of its own, on a free port, for as long as this process lives. */
export function startPostgres(programs: string): Promise<OwnPostgres> {
  const options = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync']
  return startServer(programs, 'initdb', ['--pgdata', 'data', ...options])
}

/** A standby of such a server, which follows it. */
export function startStandby(programs: string, primary: OwnPostgres): Promise<OwnPostgres> {
  const options = ['--write-recovery-conf', '--checkpoint=fast', '--no-sync', '--dbname', primary.url]
  return startServer(programs, 'pg_basebackup', ['--pgdata', 'data', ...options])
}

/** `maker`: the program that makes the files of the server, in the folder `data`. */
async function startServer(programs: string, maker: string, args: readonly string[]): Promise<OwnPostgres> {
  const user = await unprivilegedUser()
  const home = await mkdtemp(join(tmpdir(), 'marketflow-postgres-'))
  if (user !== undefined) await chown(home, user.uid, user.gid)
  const as = { ...user, cwd: home, env: { ...process.env, HOME: home } }
  const data = join(home, 'data')
  try {
    await run(join(programs, maker), args, as)
  } catch (error) {
    await rm(home, { recursive: true, force: true })
    throw error
  }
  const port = await freePort()
  const keeper = spawn('sh', ['-c', KEEPER, join(programs, 'postgres'), ...serverArgs(data, port)], {
    ...as,
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C is for the tests; the keeper has to outlive them.
    detached: true,
  })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  try {
    await untilItAnswers(url, home)
  } catch (error) {
    await stop(keeper)
    throw error
  }
  return { url, stop: () => stop(keeper) }
}

/**
 * Runs the server until the pipe from the tests closes, which it does however they end, `kill -9` included; then stops
 * the server and deletes its files.
 */
const KEEPER =
  '"$0" "$@" > log 2>&1 & server=$!; read -r _; kill -INT "$server"; wait "$server"; rm -rf "$PWD"'

function serverArgs(data: string, port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    // Nothing here has to survive a power cut; what is committed survives a crash of the server.
    fsync: 'off',
    full_page_writes: 'off',
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-D', data, '-p', String(port), ...options]
}

async function stop(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return
  const gone = once(keeper, 'exit')
  keeper.stdin?.end()
  await gone
}

/** PostgreSQL refuses to run as root; whom it runs as then. Undefined when this process is not root. */
export async function unprivilegedUser(): Promise<
  { readonly uid: number; readonly gid: number } | undefined
> {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
    } catch {
      // There is no such user; the next one may exist.
    }
  }
  throw new Error('PostgreSQL does not run as root, and this machine has no user for it')
}

async function untilItAnswers(url: string, home: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if ((await inspectServer(url)).usable) return
    await sleep(100)
  }
  const log = await readFile(join(home, 'log'), 'utf8').catch(() => 'It left no log.')
  throw new Error(`The PostgreSQL that the tests started does not answer:\n${log.slice(-2_000)}`)
}
