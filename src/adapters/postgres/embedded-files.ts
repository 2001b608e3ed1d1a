import {
  chmodSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import type { Filesystem } from '@electric-sql/pglite/basefs'
import pLimit from 'p-limit'
import { DataDirUnusable, PRIVATE_DIRECTORY, PRIVATE_FILE, syncDirectory } from './data-dir.ts'

/** Where PGlite looks for its files. */
const PGDATA = '/pglite/data'
/** PostgreSQL's major version in PGlite; it cannot read the files of another. */
const POSTGRES_VERSION = '18'
const OTHERS = 0o077

export interface EmbeddedFiles {
  readonly files: Filesystem
  /** What the disk last refused. PGlite itself ends with a number, or with a line on a standard error that it closes. */
  readonly refusal: () => NodeJS.ErrnoException | undefined
}

/**
 * The files of an embedded database in a directory. PGlite's own `NodeFS` does three things less: here a database is
 * made beside its place and moved there when it is complete, so that a process which is killed meanwhile leaves nothing
 * that looks like one; `fsync` reaches the disk; and only the owner may read.
 * A plain object, because MikroORM copies it, and a copy has no private fields.
 * @throws DataDirUnusable when what is there is no database that this release can open
 */
export function embeddedFiles(directory: string): EmbeddedFiles {
  const place = resolve(directory)
  const making = `${place}.new`
  rmSync(making, { recursive: true, force: true })
  // An empty directory is one that an earlier release was about to fill when it was ended.
  const exists = existsSync(place) && readdirSync(place).length > 0
  if (exists) {
    assertComplete(directory)
    mendModes(place)
  } else mkdirSync(making, { mode: PRIVATE_DIRECTORY })
  // Emscripten looks at `root` each time it needs a path.
  const mount = { root: exists ? place : making }
  let pglite: PGlite
  let refusal: NodeJS.ErrnoException | undefined
  const files: Filesystem = {
    async init(instance, options) {
      pglite = instance
      const mountIt = (module: EmscriptenModule) => {
        const { NODEFS } = module.FS.filesystems
        makeDurable(NODEFS)
        const convert = NODEFS.convertNodeCode
        NODEFS.convertNodeCode = (error) => {
          // Files that are not there are looked for all the time.
          if (error.code !== 'ENOENT' && error.code !== 'EEXIST') refusal = error
          return convert(error)
        }
        module.FS.mkdir(PGDATA)
        module.FS.mount(NODEFS, mount, PGDATA)
      }
      const preRun = [...(options.preRun ?? []), mountIt] as NonNullable<typeof options.preRun>
      return { emscriptenOpts: { ...options, preRun } }
    },
    async initialSyncFs() {},
    /** PGlite calls it for the first time when it has written a new database and not opened it yet. */
    async syncToFs() {
      if (mount.root === place) return
      await syncTree(making)
      renameSync(making, place)
      syncDirectory(dirname(place))
      mount.root = place
    },
    async dumpTar() {
      throw new Error('Not used: an embedded database is backed up as files')
    },
    async closeFs() {
      ;(pglite.Module as unknown as EmscriptenModule).FS.quit()
    },
  }
  return { files, refusal: () => refusal }
}

/** What we use of Emscripten's file system over Node's. */
interface EmscriptenModule {
  readonly FS: {
    readonly filesystems: { readonly NODEFS: NodeFileSystem }
    mkdir(path: string): void
    mount(type: NodeFileSystem, options: { readonly root: string }, path: string): void
    quit(): void
  }
}

interface NodeFileSystem {
  readonly node_ops: { mknod(parent: unknown, name: string, mode: number, device: number): unknown }
  readonly stream_ops: { fsync?(stream: OpenFile): number }
  realPath(node: unknown): string
  convertNodeCode(error: NodeJS.ErrnoException): number
}

interface OpenFile {
  readonly node: unknown
  /** Node's descriptor; a directory has none. */
  readonly nfd?: number
}

/** Emscripten answers `fsync` with success and does nothing, unless its file system has one. */
function makeDurable(files: NodeFileSystem): void {
  const { node_ops: nodes, stream_ops: streams } = files
  const make = nodes.mknod
  nodes.mknod = (parent, name, mode, device) => make(parent, name, mode & ~OTHERS, device)
  streams.fsync = ({ nfd, node }) => {
    if (nfd === undefined) syncDirectory(files.realPath(node))
    else fsyncSync(nfd)
    return 0
  }
}

function assertComplete(place: string): void {
  const versionFile = join(place, 'PG_VERSION')
  if (
    !existsSync(versionFile) ||
    statSync(join(place, 'global/pg_control'), { throwIfNoEntry: false }) === undefined
  ) {
    throw new DataDirUnusable(
      `${place} is no complete database: an earlier start was ended while it made one, or the files are another program's. If it never held data, delete it; otherwise restore it from a backup.`,
    )
  }
  const version = readFileSync(versionFile, 'utf8').trim()
  if (version !== POSTGRES_VERSION) {
    throw new DataDirUnusable(
      `${place} holds a database of PostgreSQL ${version}, and this release opens those of PostgreSQL ${POSTGRES_VERSION}. Start the release that made it, or choose another DATA_DIR.`,
    )
  }
}

/** Earlier releases let every user read. Once no other user can enter the directory, what is in it need not be looked at. */
function mendModes(place: string): void {
  if ((statSync(place).mode & OTHERS) === 0) return
  for (const { path, isDirectory } of tree(place))
    chmodSync(path, isDirectory ? PRIVATE_DIRECTORY : PRIVATE_FILE)
}

/** Several at once, so that the disk may write them together: there are a thousand. */
async function syncTree(directory: string): Promise<void> {
  const several = pLimit(8)
  await several.map(tree(directory), async ({ path }) => {
    const file = await open(path, 'r')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  })
}

/** What a directory contains, and last the directory itself. */
function* tree(directory: string): Generator<{ path: string; isDirectory: boolean }> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) yield* tree(path)
    else if (entry.isFile()) yield { path, isDirectory: false }
  }
  yield { path: directory, isDirectory: true }
}
