import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../redis.ts'
import { provideProgram } from './install.ts'

export interface TestProxy {
  readonly url: string
  stop(): Promise<void>
}

/**
 * nginx in front of instances on these ports of this machine, as docs/operations.md sets it up. By its own defaults it
 * never sends a request twice that may have changed something.
 */
export async function startNginx(ports: readonly number[]): Promise<TestProxy> {
  const program = await provideProgram({
    name: 'nginx',
    debianPackage: 'nginx-light',
    variable: 'NGINX',
    purpose: 'put a reverse proxy in front of instances',
  })
  const home = await mkdtemp(join(tmpdir(), 'marketflow-nginx-'))
  const port = await freePort()
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  await writeFile(
    join(home, 'nginx.conf'),
    `daemon off;
pid ${home}/pid;
error_log ${home}/error.log;
events {}
http {
  access_log off;
  ${kinds.map((kind) => `${kind}_temp_path ${home}/${kind};`).join('\n  ')}
  upstream marketflow {
    ${ports.map((each) => `server 127.0.0.1:${each} max_fails=0;`).join('\n    ')}
    keepalive 16;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://marketflow;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`,
  )
  const child = spawn(program, ['-p', home, '-c', join(home, 'nginx.conf')], { stdio: 'ignore' })
  const killAtExit = () => void child.kill('SIGTERM')
  process.once('exit', killAtExit)
  const stop = async () => {
    process.off('exit', killAtExit)
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    }
    await rm(home, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}`
  for (let attempt = 0; attempt < 300; attempt++) {
    const answers = await fetch(url).then(
      () => true,
      () => false,
    )
    if (answers) return { url, stop }
    await sleep(100)
  }
  await stop()
  throw new Error('The nginx that the tests started does not answer')
}
