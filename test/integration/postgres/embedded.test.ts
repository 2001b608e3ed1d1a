import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { DataDirInUse, lockDataDir } from '../../../src/adapters/postgres/data-dir.ts'
import { openDatabase } from '../../../src/adapters/postgres/database.ts'
import { OPEN_TIMEOUT_MS } from '../../support/postgres-engines.ts'

describe('a database embedded in a directory', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'marketflow-'))
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

  it('is there again after a restart, and belongs to one process', { timeout: OPEN_TIMEOUT_MS }, async () => {
    writeFileSync(join(dataDir, 'jwt-secret'), 'other files may lie beside it')
    const first = await openDatabase({ dataDir })
    expect(first.describe).toMatch(/^PGlite \d+\.\d+ in /)
    await first.migrate()
    await first.invalidationLog.claim('private/1000', true)
    const id = await first.transactions.run((tx) => tx.logInvalidation(['kept']))
    await expect(openDatabase({ dataDir })).rejects.toBeInstanceOf(DataDirInUse)
    await first.close()

    writeFileSync(join(dataDir, 'lock'), '1') // alive on every machine, and not us
    await expect(openDatabase({ dataDir })).rejects.toThrow(/in use by process 1/)
    writeFileSync(join(dataDir, 'lock'), '999999999') // no process has it: left by a process that was killed
    const second = await openDatabase({ dataDir })
    await second.migrate()
    expect(await second.invalidationLog.pending()).toEqual([{ id, tags: ['kept'], applied: false }])
    await second.ping()
    await second.close()
  })
})

describe('a lock that was left behind', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'marketflow-'))
  afterEach(() => vi.restoreAllMocks())
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

  it('is taken over by one of several that find it at once', () => {
    writeFileSync(join(dataDir, 'lock'), '999999999')
    const attempt = `
      const { lockDataDir } = await import(process.argv[1])
      try { lockDataDir(process.argv[2]); console.log('held') } catch (error) { console.log(error.name) }`
    const module = new URL('../../../src/adapters/postgres/data-dir.ts', import.meta.url).pathname
    let other = ''
    vi.spyOn(process, 'kill').mockImplementationOnce(() => {
      // We have read the file, and ask whether its process is alive: at this moment the other one comes.
      other = execFileSync(process.execPath, ['-e', attempt, module, dataDir], { encoding: 'utf8' }).trim()
      throw Object.assign(new Error('no such process'), { code: 'ESRCH' })
    })
    const { release } = lockDataDir(dataDir)
    expect(other).toBe('DataDirInUse')
    release()
    expect(readdirSync(dataDir)).toEqual([])
  })
})
