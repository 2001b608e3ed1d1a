import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../redis.ts'
import { inspectServer } from './inspect-server.ts'
import { provideProgram } from './install.ts'
import { unprivilegedUser } from './own-postgres.ts'

/** A pooler in front of a PostgreSQL. */
export interface TestPooler {
  /** The same database as the server's URL names, by way of the pooler. */
  url(serverUrl: string): string
  stop(): Promise<void>
}

/**
 * PgBouncer in front of the server that the URL names, for every database there; installed first where that is allowed.
 * @throws Error that says what to do
 */
export async function startPgbouncer(
  serverUrl: string,
  mode: 'session' | 'transaction',
): Promise<TestPooler> {
  const program = await provideProgram({
    name: 'pgbouncer',
    debianPackage: 'pgbouncer',
    variable: 'PGBOUNCER',
    purpose: 'put a pooler in front of PostgreSQL',
  })
  const user = await unprivilegedUser()
  const home = await mkdtemp(join(tmpdir(), 'marketflow-pgbouncer-'))
  const port = await freePort()
  const { hostname, port: serverPort, username, password } = new URL(serverUrl)
  const name = decodeURIComponent(username)
  await writeFile(join(home, 'users'), `"${name}" "${decodeURIComponent(password)}"\n`)
  await writeFile(
    join(home, 'ini'),
    `[databases]
* = host=${hostname} port=${serverPort || 5432} user=${name}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
auth_file = ${join(home, 'users')}
pool_mode = ${mode}
default_pool_size = 50
max_client_conn = 500
`,
  )
  if (user !== undefined) await chown(home, user.uid, user.gid)
  const child = spawn(program, [join(home, 'ini')], { ...user, cwd: home, stdio: 'ignore' })
  const killAtExit = () => void child.kill('SIGKILL')
  process.once('exit', killAtExit)
  const stop = async () => {
    process.off('exit', killAtExit)
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    }
    await rm(home, { recursive: true, force: true })
  }
  const url = (of: string) => {
    const pooled = new URL(of)
    pooled.hostname = '127.0.0.1'
    pooled.port = String(port)
    return pooled.href
  }
  for (let attempt = 0; attempt < 300; attempt++) {
    if ((await inspectServer(url(serverUrl))).usable) return { url, stop }
    await sleep(100)
  }
  await stop()
  throw new Error('The PgBouncer that the tests started does not answer')
}
