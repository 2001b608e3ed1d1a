import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConfigError, readCommandConfig, readConfig } from '../../../src/infrastructure/config/config.ts'

const DATABASE_URL = 'postgres://marketflow:hush@db.example.org:5432/marketflow'
const SECRET = 'a secret of at least thirty-two bytes'

describe('secrets from files', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'marketflow-secrets-'))
    writeFileSync(join(directory, 'url'), `${DATABASE_URL}\n`)
    writeFileSync(join(directory, 'secret'), `${SECRET}\r\n`)
    writeFileSync(join(directory, 'short'), 'short')
  })
  afterAll(() => rmSync(directory, { recursive: true }))

  /** The problems that the configuration is refused with. */
  function refusal(env: NodeJS.ProcessEnv): string {
    try {
      readConfig(env)
    } catch (error) {
      if (error instanceof ConfigError) return error.message
    }
    throw new Error('It was not refused')
  }

  it('are read without the line end that an editor leaves', () => {
    const config = readConfig({
      DATABASE_URL_FILE: join(directory, 'url'),
      JWT_SECRET_FILE: join(directory, 'secret'),
    })
    expect([config.databaseUrl, config.jwtSecret]).toEqual([DATABASE_URL, SECRET])
  })

  it('are checked like the variable itself', () => {
    const env = { DATABASE_URL, JWT_SECRET_FILE: join(directory, 'short') }
    expect(refusal(env)).toContain('JWT_SECRET: expected at least 32 bytes')
  })

  it('are not guessed at: a missing file, or both ways at once', () => {
    const env = {
      DATABASE_URL,
      DATABASE_URL_FILE: join(directory, 'url'),
      JWT_SECRET_FILE: join(directory, 'nowhere'),
    }
    const message = refusal(env)
    expect(message).toContain('DATABASE_URL_FILE: give it or DATABASE_URL, not both')
    expect(message).toContain('JWT_SECRET_FILE: cannot be read (ENOENT)')
    expect(message).not.toContain('hush')
  })

  it('are not needed by a command that signs nothing', () => {
    expect(readCommandConfig({ DATABASE_URL, JWT_SECRET_FILE: '/nowhere' }).databaseUrl).toBe(DATABASE_URL)
  })
})
