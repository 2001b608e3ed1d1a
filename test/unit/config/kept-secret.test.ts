import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keptSecret } from '../../../src/infrastructure/config/secret.ts'

describe('the secret that is kept beside the embedded database', () => {
  let dataDir: string
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'marketflow-secret-'))
  })
  afterEach(() => rmSync(dataDir, { recursive: true }))
  const file = () => join(dataDir, 'jwt-secret')

  it('is made once, whole, and for its owner alone', async () => {
    const secret = await keptSecret(dataDir)
    expect(readFileSync(file(), 'utf8')).toBe(secret)
    expect(readdirSync(dataDir)).toEqual(['jwt-secret'])
    chmodSync(file(), 0o644)
    expect(await keptSecret(dataDir)).toBe(secret)
    expect(statSync(file()).mode & 0o777).toBe(0o600)
  })

  it.each(['', 'x', 'torn after thirty-one bytes ...'])(
    'is refused as %j, which could be guessed',
    async (kept) => {
      writeFileSync(file(), kept)
      await expect(keptSecret(dataDir)).rejects.toThrow(
        /jwt-secret holds \d+ bytes, and a secret has at least 32/,
      )
      expect(readFileSync(file(), 'utf8')).toBe(kept)
    },
  )

  it('is not half there after a start on a full disk, so that the next start makes it', async () => {
    const module = JSON.stringify(
      new URL('../../../src/infrastructure/config/secret.ts', import.meta.url).href,
    )
    const code = `const { keptSecret } = await import(${module}); await keptSecret(${JSON.stringify(dataDir)})`
    // With no block left for a file, it is made and nothing can be written to it.
    const limited = 'ulimit -f 0 && exec "$0" --input-type=module --eval "$1"'
    const { status, stderr } = spawnSync('sh', ['-c', limited, process.execPath, code], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([1, expect.stringContaining('EFBIG')])
    expect(await keptSecret(dataDir)).toMatch(/^[\w-]{43}$/)
    expect(readdirSync(dataDir)).toEqual(['jwt-secret'])
  })
})
