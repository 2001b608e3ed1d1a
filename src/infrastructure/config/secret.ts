import { randomBytes } from 'node:crypto'
import { chmod, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { DataDirUnusable, PRIVATE_FILE, syncDirectory } from '../../adapters/postgres/data-dir.ts'

const SHORTEST = 32

/**
 * The secret that signs tokens, made once and kept beside the embedded database by the process that has its lock.
 * With `memory`, tokens end with the process.
 * @throws DataDirUnusable when what is kept is too short to be a secret: a torn file, say
 */
export async function keptSecret(dataDir: string): Promise<string> {
  const fresh = randomBytes(SHORTEST).toString('base64url')
  if (dataDir === 'memory') return fresh
  const file = join(dataDir, 'jwt-secret')
  try {
    const kept = (await readFile(file, 'utf8')).trim()
    if (Buffer.byteLength(kept) < SHORTEST) throw tooShort(file, kept)
    await chmod(file, PRIVATE_FILE)
    return kept
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  await writeWhole(file, fresh)
  syncDirectory(dataDir)
  return fresh
}

/** A process that is killed, or a disk that is full, leaves no half of it under its name. */
async function writeWhole(file: string, content: string): Promise<void> {
  const beside = await open(`${file}.new`, 'w', PRIVATE_FILE)
  try {
    await beside.writeFile(content)
    await beside.sync()
  } finally {
    await beside.close()
  }
  await rename(`${file}.new`, file)
}

function tooShort(file: string, kept: string): DataDirUnusable {
  return new DataDirUnusable(
    `${file} holds ${Buffer.byteLength(kept)} bytes, and a secret has at least ${SHORTEST}: tokens signed with it could be forged. Restore it from a backup, or delete it: a new one is made, and everyone signs in again.`,
  )
}
