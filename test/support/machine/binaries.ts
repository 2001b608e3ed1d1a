import { access, constants, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** The folders where packages put servers that they do not put on the PATH. */
async function folders(): Promise<string[]> {
  return [
    ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...(await binariesUnder('/usr/lib/postgresql')),
    '/opt/homebrew/bin',
    ...(await binariesUnder('/opt/homebrew/opt', /^postgresql/)),
    '/usr/local/bin',
    '/usr/sbin',
    '/usr/local/pgsql/bin',
    ...(await binariesUnder('/usr/local/opt', /^postgresql/)),
  ]
}

async function binariesUnder(parent: string, name = /./): Promise<string[]> {
  const versions = await readdir(parent).catch(() => [])
  // The newest first: postgresql@17 before postgresql@15.
  versions.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  return versions.filter((version) => name.test(version)).map((version) => join(parent, version, 'bin'))
}

/** The first folder that has all of the named programs, or undefined. */
export async function folderWith(...programs: readonly string[]): Promise<string | undefined> {
  for (const folder of await folders()) {
    const runnable = programs.map((program) => access(join(folder, program), constants.X_OK))
    const found = await Promise.allSettled(runnable)
    if (found.every(({ status }) => status === 'fulfilled')) return folder
  }
  return undefined
}
