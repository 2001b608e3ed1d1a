import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  DataDirInUse,
  DataDirUnusable,
  explainFileError,
  lockDataDir,
} from '../../../src/adapters/postgres/data-dir.ts'
import { type Database, openDatabase } from '../../../src/adapters/postgres/database.ts'
import { OPEN_TIMEOUT_MS } from '../../support/postgres-engines.ts'

/** To make a database costs seconds of computing, and a busy machine makes a minute of them. */
const MAKE_TIMEOUT_MS = 4 * OPEN_TIMEOUT_MS

const ADAPTER = new URL('../../../src/adapters/postgres/', import.meta.url).pathname

const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** Opens the database in a process of its own, which then stays. */
function openElsewhere(dataDir: string): ChildProcess {
  const script = `
    const { openDatabase } = await import(process.argv[1])
    await openDatabase({ dataDir: process.argv[2] })
    setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['-e', script, `${ADAPTER}database.ts`, dataDir], {
    stdio: 'inherit',
  })
  children.push(child)
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** Everything below that another user of the machine could read or change. */
function openToOthers(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return [directory, ...names.map((name) => join(directory, name))].filter(
    (path) => (statSync(path).mode & 0o077) !== 0,
  )
}

describe('a database embedded in a directory', () => {
  const parent = mkdtempSync(join(tmpdir(), 'marketflow-'))
  const dataDir = join(parent, 'data')
  const made = join(dataDir, 'database')
  let database: Database

  beforeAll(async () => {
    const child = openElsewhere(dataDir)
    await vi.waitFor(() => expect(existsSync(`${made}.new/base`)).toBe(true), { timeout: MAKE_TIMEOUT_MS })
    await killed(child)
  }, MAKE_TIMEOUT_MS)
  afterAll(async () => {
    await database?.close()
    rmSync(parent, { recursive: true, force: true })
  })

  it('is made anew after a kill while it was being made', { timeout: MAKE_TIMEOUT_MS }, async () => {
    expect(existsSync(made)).toBe(false)
    database = await openDatabase({ dataDir })
    expect(database.describe).toMatch(/^PGlite 18\.\d+ in /)
    expect(existsSync(`${made}.new`)).toBe(false)
  })

  it('is of the PostgreSQL version that a start asks for', () => {
    expect(readFileSync(join(made, 'PG_VERSION'), 'utf8').trim()).toBe('18')
  })

  it('belongs to one opener, also within a process', async () => {
    await expect(openDatabase({ dataDir })).rejects.toBeInstanceOf(DataDirInUse)
  })

  it('reaches the disk with every commit', async () => {
    await database.migrate()
    await database.invalidationLog.claim('private/1000')
    const synced = vi.spyOn(fs, 'fsyncSync')
    syncBuiltinESMExports()
    try {
      await database.transactions.run((tx) => tx.logInvalidation(['kept']))
      expect(synced).toHaveBeenCalled()
    } finally {
      synced.mockRestore()
      syncBuiltinESMExports()
    }
  })

  it('is there again after a restart, and only its owner may read any of it', {
    timeout: MAKE_TIMEOUT_MS,
  }, async () => {
    expect(openToOthers(dataDir)).toEqual([])
    await database.close()
    // As an earlier release left it.
    for (const path of [dataDir, made, join(made, 'base'), join(made, 'pg_wal')]) chmodSync(path, 0o755)
    chmodSync(join(made, 'PG_VERSION'), 0o644)
    database = await openDatabase({ dataDir })
    await database.migrate()
    expect(await database.invalidationLog.pending()).toMatchObject({
      tags: ['kept'],
      pending: [expect.any(String)],
    })
    expect(openToOthers(dataDir)).toEqual([])
  })
})

describe('a data directory that cannot be used', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'marketflow-'))
  const place = join(dataDir, 'database')
  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(place, { recursive: true, force: true })
  })
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

  it('is refused when its database was never completed', async () => {
    mkdirSync(join(place, 'base'), { recursive: true })
    await expect(openDatabase({ dataDir })).rejects.toThrow(/is no complete database/)
  })

  it('is refused when its database is of another PostgreSQL', async () => {
    mkdirSync(join(place, 'global'), { recursive: true })
    fs.writeFileSync(join(place, 'global/pg_control'), '')
    fs.writeFileSync(join(place, 'PG_VERSION'), '17\n')
    await expect(openDatabase({ dataDir })).rejects.toThrow(
      /database of PostgreSQL 17, and this release opens those of PostgreSQL 18/,
    )
  })

  it('is refused in a sentence when the files of its database are damaged', {
    timeout: MAKE_TIMEOUT_MS,
  }, async () => {
    mkdirSync(join(place, 'global'), { recursive: true })
    fs.writeFileSync(join(place, 'global/pg_control'), 'nothing that PostgreSQL could read')
    fs.writeFileSync(join(place, 'PG_VERSION'), '18\n')
    await expect(openDatabase({ dataDir })).rejects.toThrow(/its files are damaged, or some are missing/)
  })

  it('is told to be full when it is, and the next start is not blocked', {
    timeout: MAKE_TIMEOUT_MS,
  }, async () => {
    const script = `
      import fs from 'node:fs'
      const { writeFileSync } = fs
      fs.writeFileSync = (path, ...rest) => {
        if (!String(path).startsWith(process.argv[2])) return writeFileSync(path, ...rest)
        throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
      }
      const { openDatabase } = await import(process.argv[1])
      await openDatabase({ dataDir: process.argv[2] }).catch(({ code, message }) => console.log(code, message))`
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', script, `${ADAPTER}database.ts`, dataDir],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    children.push(child)
    expect(await text(child.stdout)).toMatch(
      /^database-unavailable DATA_DIR .* cannot be written to: the disk is full/,
    )
    lockDataDir(dataDir).release()
  })

  it('is refused when it is a file', async () => {
    fs.writeFileSync(place, '')
    await expect(openDatabase({ dataDir: place })).rejects.toThrow(/cannot be used: it is a file/)
    await expect(openDatabase({ dataDir: join(place, 'below') })).rejects.toThrow(
      /it is, or lies below, a file/,
    )
  })

  it.each([
    ['EACCES', 'this user may not write there'],
    ['EROFS', 'it is on a file system that is mounted read-only'],
  ])('is refused with what the system says, %s', (code, reason) => {
    const explained = explainFileError(Object.assign(new Error('no'), { code }), dataDir)
    expect(explained).toBeInstanceOf(DataDirUnusable)
    expect((explained as Error).message).toContain(reason)
  })
})

describe('the lock on a data directory', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'marketflow-'))
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

  const script = `
    const { lockDataDir } = await import(process.argv[1])
    try {
      lockDataDir(process.argv[2])
      process.stdout.write('held by ' + process.pid)
      setInterval(() => {}, 1e6)
    } catch (error) {
      process.stdout.write(error.name + ' for ' + process.pid)
    }`

  /** In a process namespace of its own, as in a container: there every service has the process id 1. */
  const inContainer = () => {
    const node = [process.execPath, '-e', script, `${ADAPTER}data-dir.ts`, dataDir]
    const child = spawn(
      'unshare',
      ['--pid', '--fork', '--kill-child', '--mount-proc', ...namespaceOf(node)],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    children.push(child)
    return child
  }

  it('holds between two containers, and ends with the process that a kill ends', async () => {
    const first = inContainer()
    let said = ''
    for (const stream of [first.stdout!, first.stderr!]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk
      })
    }
    await expect
      .poll(() => said, { message: 'unshare has to be allowed: as root, or with user namespaces' })
      .toBe('held by 1')
    expect(await text(inContainer().stdout!)).toBe('DataDirInUse for 1')
    await killed(first)
    // What the kill leaves is killed by the kernel, a moment later.
    await expect.poll(async () => String((await once(inContainer().stdout!, 'data'))[0])).toBe('held by 1')
    await killed(children.at(-1)!)
  })
})

/** Who is not root needs a user namespace in order to have one of processes. */
function namespaceOf(command: readonly string[]): readonly string[] {
  return process.getuid!() === 0 ? command : ['--user', '--map-root-user', ...command]
}
