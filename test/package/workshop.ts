import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const ROOT = join(import.meta.dirname, '../..')

/** What a program said, all of it. It rejects with that when it fails. */
export async function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> } = { cwd: ROOT },
): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, [...args], {
      cwd: options.cwd,
      env: { ...environment(), ...options.env },
      maxBuffer: 64_000_000,
    })
    return `${stdout}${stderr}`
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}

/** Of what npm and vitest tell their children, nothing: these are another project's. */
function environment(): Record<string, string> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_OPTIONS|NODE_ENV|TEST$)/i.test(name),
  )
  return Object.fromEntries(own) as Record<string, string>
}

export interface Folder {
  readonly path: string
  /** Runs a program of `node_modules/.bin`, on the folder's own Node. */
  run(program: string, ...args: readonly string[]): Promise<string>
  remove(): Promise<void>
}

/** A project of its own, outside of this one, with these packages; `file:` names the tarball. */
export async function projectWith(
  dependencies: Readonly<Record<string, string>>,
  source?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'marketflow-consumer-'))
  if (source !== undefined) await cp(source, path, { recursive: true })
  const manifest = {
    name: 'library',
    private: true,
    type: 'module',
    dependencies,
    allowScripts: { node: true },
  }
  await writeFile(join(path, 'package.json'), JSON.stringify(manifest))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: path })
  const bin = join(path, 'node_modules/.bin')
  return {
    path,
    run: (program, ...args) =>
      run(join(bin, program), args, { cwd: path, env: { ...env, PATH: `${bin}:${process.env.PATH}` } }),
    remove: () => rm(path, { recursive: true, force: true }),
  }
}

/** Packs `dist` into a folder that is made for it. */
export async function tarball(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'marketflow-tarball-'))
  await run('npm', ['pack', './dist', '--pack-destination', folder])
  const [name = ''] = await readdir(folder)
  return { path: join(folder, name), remove: () => rm(folder, { recursive: true, force: true }) }
}
