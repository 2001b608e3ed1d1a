import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DataDirInUse } from '../../../src/adapters/postgres/data-dir.ts'
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
    writeFileSync(join(dataDir, 'lock'), '999999999') // nobody: left by a process that was killed
    const second = await openDatabase({ dataDir })
    await second.migrate()
    expect(await second.invalidationLog.pending()).toEqual([{ id, tags: ['kept'], applied: false }])
    await second.ping()
    await second.close()
  })
})
