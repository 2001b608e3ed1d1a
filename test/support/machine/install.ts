import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { folderWith } from './binaries.ts'

/** A server that tests need for a purpose of their own, and start themselves. */
export interface Program {
  readonly name: string
  /** Of Debian. */
  readonly debianPackage: string
  /** The variable that names the program, where it is found nowhere else. */
  readonly variable: string
  /** What it is for: `put a pooler in front of PostgreSQL`. */
  readonly purpose: string
}

/**
 * The program's path; installed first where that is allowed.
 * @throws Error that says what to do
 */
export async function provideProgram({ name, debianPackage, variable, purpose }: Program): Promise<string> {
  const named = process.env[variable]
  if (named !== undefined && named !== '') return named
  let folder = await folderWith(name)
  if (folder === undefined && (await mayInstall())) {
    await install(debianPackage)
    folder = await folderWith(name)
  }
  if (folder !== undefined) return join(folder, name)
  throw new Error(
    `The tests ${purpose}, and there is no ${name}. Install it (\`apt-get install ${debianPackage}\`, ` +
      `\`brew install ${name}\`), or name the program in ${variable}.`,
  )
}

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
