import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** PGlite does not notice when two processes open one directory: each would silently undo what the other writes. */
export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse'
}

const heldHere = new Set<string>()

/**
 * Makes sure that the directory exists and that no other process uses it, by a file with the process id, as PostgreSQL does
 * it. A file left by a process that died is taken over.
 * @throws DataDirInUse while its process is alive
 */
export function lockDataDir(dataDir: string): { readonly release: () => void } {
  mkdirSync(dataDir, { recursive: true })
  const file = resolve(join(dataDir, 'lock'))
  if (heldHere.has(file)) throw inUse(dataDir, file)
  const next = `${file}.next`
  makeAlone(dataDir, next)
  try {
    const holder = holderOf(file)
    // A process id of our own is what a container's last life left behind: there, it starts with the same one again.
    if (holder !== process.pid && isAlive(holder)) throw inUse(dataDir, file)
    renameSync(next, file)
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  }
  heldHere.add(file)
  return {
    release: () => {
      if (heldHere.delete(file)) rmSync(file, { force: true })
    },
  }
}

/** Of several that look at one dead holder's file, only the process that made this one may put it in the other's place. */
function makeAlone(dataDir: string, file: string): void {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? inUse(dataDir, file) : error
  }
}

function inUse(dataDir: string, file: string): DataDirInUse {
  const holder = holderOf(file)
  // Not written yet, or just gone.
  const who = holder ? `process ${holder}` : 'another process'
  return new DataDirInUse(
    `${dataDir} is in use by ${who}. An embedded database belongs to one process: stop that one first, or use PostgreSQL (DATABASE_URL). If no such process runs Marketflow, delete ${file}.`,
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

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
