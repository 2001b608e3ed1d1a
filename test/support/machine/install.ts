import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { folderWith } from './binaries.ts'

/** Whether this process may install Debian packages: root, on a system that has `apt-get`. */
export async function mayInstall(): Promise<boolean> {
  return process.getuid?.() === 0 && (await folderWith('apt-get')) !== undefined
}

/** @throws Error when `apt-get` fails; its output has been shown. */
export async function install(debianPackage: string): Promise<void> {
  console.log(`Installing ${debianPackage} by apt-get, since the tests need it`)
  await aptGet('update', '-q')
  await aptGet('install', '-q', '-y', '--no-install-recommends', debianPackage)
}

async function aptGet(...args: readonly string[]): Promise<void> {
  const child = spawn('apt-get', args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    // In run level 1 a package does not start its service: the tests start servers of their own.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`\`apt-get ${args.join(' ')}\` ended with ${code}`)
}
