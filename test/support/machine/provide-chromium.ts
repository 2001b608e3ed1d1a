import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { folderWith } from './binaries.ts'
import { install, mayInstall } from './install.ts'

export interface Chromium {
  /** The program; `startBrowser` runs it. */
  readonly path: string
  readonly description: string
}

/** As Debian, Ubuntu and Google call it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
/** Where macOS has it, which is on no PATH. */
const APPLICATIONS = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * `CHROMIUM` if it is set, else the one that is installed, else it installs one where it may.
 * @throws Error that says what to do.
 */
export async function provideChromium(): Promise<Chromium> {
  const path = process.env.CHROMIUM ?? (await installed()) ?? (await installedNow())
  const { stdout } = await promisify(execFile)(path, ['--version']).catch((cause) => {
    throw new Error(`The browser for the tests is ${path}, which does not run. CHROMIUM names another`, {
      cause,
    })
  })
  const version = /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? 'of an unknown version'
  return { path, description: `Chromium ${version}` }
}

async function installed(): Promise<string | undefined> {
  for (const name of NAMES) {
    const folder = await folderWith(name)
    if (folder !== undefined) return join(folder, name)
  }
  for (const program of APPLICATIONS) {
    const runnable = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (runnable) return program
  }
  return undefined
}

async function installedNow(): Promise<string> {
  if (await mayInstall()) await install('chromium')
  const path = await installed()
  if (path !== undefined) return path
  throw new Error(
    'The tests look at the pages in a browser, and there is no Chromium. Install it (`apt-get install chromium`, ' +
      '`brew install --cask chromium`), or name the program in CHROMIUM.',
  )
}
