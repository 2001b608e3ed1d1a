import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** PGlite does not notice when two processes open one directory: each would silently undo what the other writes. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse'
}

const heldHere = new Set<string>()

/**
 * Makes sure that the directory exists and that nobody else uses it, by a file with the process id, as PostgreSQL does
 * it. A file left by a process that died is taken over.
 * @throws DataDirInUse while its process is alive
 */
export function lockDataDir(dataDir: string): { readonly release: () => void } {
  mkdirSync(dataDir, { recursive: true })
  const file = resolve(join(dataDir, 'lock'))
  if (heldHere.has(file)) throw inUse(dataDir, file, process.pid)
  const holder = holderOf(file)
  if (holder !== undefined) {
    // A process id of our own is what a container's last life left behind: there, it starts with the same one again.
    if (holder !== process.pid && isAlive(holder)) throw inUse(dataDir, file, holder)
    rmSync(file, { force: true })
  }
  writeFileSync(file, String(process.pid), { flag: 'wx' })
  heldHere.add(file)
  return {
    release: () => {
      if (heldHere.delete(file)) rmSync(file, { force: true })
    },
  }
}

function inUse(dataDir: string, file: string, holder: number): DataDirInUse {
  return new DataDirInUse(
    `${dataDir} is in use by process ${holder}. An embedded database belongs to one process: stop that one first, or use PostgreSQL (DATABASE_URL). If no such process runs Marketflow, delete ${file}.`,
  )
}

function holderOf(file: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
