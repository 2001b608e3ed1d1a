import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Unavailable } from '../../application/consistency/ports/unavailable.ts'

/** The directory cannot be used as it is, and starting again would not change that; the message says what would. */
export class DataDirUnusable extends Error {
  override readonly name: string = 'DataDirUnusable'
}

/** PGlite does not notice when two processes open one directory: each would silently undo what the other writes. */
export class DataDirInUse extends DataDirUnusable {
  override readonly name = 'DataDirInUse'
}

/** Another user who may read the directory could read e-mail addresses, hashes of passwords and the signing secret. */
export const PRIVATE_DIRECTORY = 0o700
export const PRIVATE_FILE = 0o600

const LOCK_FILE = 'lock.db'
/** What this service puts into the directory; the operator's sockets among it. */
const OURS = /^(database(\.new)?|jwt-secret(\.new)?|lock(\.next|\.db(-journal)?)?|control-.*\.sock)$/

/**
 * Makes sure that the directory exists, that only its owner may look into it, and that no other process uses it.
 * The lock is one of the kernel's on an open file (SQLite takes it): it ends with the process however that ends, and
 * it holds between containers, where process ids say nothing.
 * @throws DataDirInUse while another process has it; DataDirUnusable when it cannot be written to
 */
export function lockDataDir(dataDir: string): { readonly release: () => void } {
  try {
    makePrivate(dataDir)
  } catch (error) {
    throw explainFileError(error, dataDir)
  }
  const file = join(dataDir, LOCK_FILE)
  let lock: DatabaseSync | undefined
  try {
    makeFile(file)
    lock = new DatabaseSync(file, { timeout: 0 })
    // Nothing is ever written, so there is nothing to keep a journal of.
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
    return hold(lock)
  } catch (error) {
    lock?.close()
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) throw inUse(dataDir)
    throw explainFileError(error, dataDir)
  }
}

/** The garbage collector closes a connection that nothing refers to, and its lock would end with it. */
const held = new Set<DatabaseSync>()

function hold(lock: DatabaseSync): { readonly release: () => void } {
  held.add(lock)
  return {
    release: () => {
      if (held.delete(lock)) lock.close()
    },
  }
}

/**
 * SQLite would only say that it could not open the file; this says why. A file that exists is not opened: when a
 * process closes any descriptor of a file, the kernel ends all locks that the process has on it.
 */
function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', PRIVATE_FILE))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    accessSync(file, constants.R_OK | constants.W_OK)
  }
}

const SQLITE_BUSY = 5

function inUse(dataDir: string): DataDirInUse {
  return new DataDirInUse(
    `${dataDir} is in use by another process, perhaps in another container. An embedded database belongs to one process: stop that one first, or use PostgreSQL (DATABASE_URL).`,
  )
}

function makePrivate(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: PRIVATE_DIRECTORY })
  if ((statSync(dataDir).mode & 0o077) === 0) return
  // A directory that others use too, such as /tmp, is not ours to close.
  if (!readdirSync(dataDir).every((name) => OURS.test(name))) return
  try {
    chmodSync(dataDir, PRIVATE_DIRECTORY)
  } catch (error) {
    // It belongs to another user, as a mounted volume may; what lies in it is private by itself.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
  }
}

/** So that what was made, renamed or removed in the directory is still so after a power failure. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

const UNUSABLE: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is on a file system that is mounted read-only',
  ENOTDIR: 'it is, or lies below, a file',
  EEXIST: 'it is a file',
}

const OUTAGES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota on the disk is used up',
  EIO: 'the disk does not work (EIO)',
  EMFILE: 'this process has too many open files',
  ENFILE: 'the machine has too many open files',
}

/** The error with a sentence for what people can mend; anything else comes back as it is. */
export function explainFileError(error: unknown, dataDir: string): unknown {
  const code = String((error as NodeJS.ErrnoException | undefined)?.code)
  const place = `DATA_DIR (${dataDir})`
  const unusable = UNUSABLE[code]
  if (unusable !== undefined) return new DataDirUnusable(`${place} cannot be used: ${unusable}.`)
  const outage = OUTAGES[code]
  if (outage === undefined) return error
  return new Unavailable('database-unavailable', { message: `${place} cannot be written to: ${outage}.` })
}
