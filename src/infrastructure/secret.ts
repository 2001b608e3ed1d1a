import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The secret that signs tokens, made once and kept beside the embedded database.
 * With `memory`, tokens end with the process.
 */
export async function keptSecret(dataDir: string): Promise<string> {
  const fresh = randomBytes(32).toString('base64url')
  if (dataDir === 'memory') return fresh
  await mkdir(dataDir, { recursive: true })
  const file = join(dataDir, 'jwt-secret')
  try {
    await writeFile(file, fresh, { mode: 0o600, flag: 'wx' })
    return fresh
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readFile(file, 'utf8')
  }
}
