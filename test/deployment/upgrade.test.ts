import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { COMPOSE, read } from './compose-file.ts'
import { type Engine, running, Shell } from './shell.ts'

let shell: Shell
afterEach(() => shell.remove())

function upgrade(engine: Partial<Engine>, ...args: string[]) {
  shell = new Shell(engine)
  shell.write('.env', 'JWT_SECRET=secret\nMARKETFLOW_VERSION=0ld\n')
  return shell.run(`deploy/upgrade.sh ${args.join(' ')}`)
}

const changing = () => shell.calls.filter((each) => /^(stop|rm)|build|run|up /.test(each))

describe('deploy/upgrade.sh', () => {
  it('replaces every instance by a healthy one, and never has fewer than there were', async () => {
    const { code, output } = await upgrade({})
    expect(output).toContain('marketflow:1234abc runs. Before: marketflow:0ld (deploy/upgrade.sh --back 0ld)')
    expect(code).toBe(0)
    expect(shell.images).toEqual(['marketflow:1234abc', 'marketflow:1234abc'])
    expect(Math.min(...shell.healthy)).toBe(2)
    expect(changing()[0]).toContain('build')
    expect(changing()[1]).toContain('run --rm migrate')
  })

  it('keeps the version in .env, with what else stands there and with its rights', async () => {
    shell = new Shell()
    shell.write('.env', 'MARKETFLOW_VERSION=0ld\nJWT_SECRET=secret\n')
    expect((await shell.run('chmod 600 .env; deploy/upgrade.sh')).code).toBe(0)
    expect(shell.read('.env')).toBe('JWT_SECRET=secret\nMARKETFLOW_VERSION=1234abc\n')
    expect(statSync(join(shell.folder, '.env')).mode & 0o777).toBe(0o600)
  })

  it.each(['starting', 'unhealthy'] as const)(
    'stops no old instance when the new one stays %s, removes that one and shows its log',
    async (newHealth) => {
      const { code, output } = await upgrade({ newHealth })
      expect(code).toBe(1)
      expect(output).toContain('the log of new1')
      expect(output).toContain('the old ones go on')
      expect(shell.images).toEqual(['marketflow:0ld', 'marketflow:0ld'])
      expect(shell.calls.filter((each) => /^(stop|rm) .*old/.test(each))).toEqual([])
      // What a restart of the machine brings back is what runs.
      expect(shell.read('.env')).toContain('MARKETFLOW_VERSION=0ld')
    },
  )

  it.each(['build', 'run', 'up'])('touches no instance when `docker compose %s` fails', async (failing) => {
    const { code } = await upgrade({ failing })
    expect(code).toBe(1)
    expect(shell.images).toEqual(['marketflow:0ld', 'marketflow:0ld'])
  })

  it('replaces instances that are not healthy themselves: an upgrade may be the cure', async () => {
    const sick = [running('old1', 'unhealthy'), running('old2', 'unhealthy')]
    expect((await upgrade({ containers: sick })).code).toBe(0)
    expect(shell.images).toEqual(['marketflow:1234abc', 'marketflow:1234abc'])
  })

  it('run again after it was broken off, ends with as many instances as are wanted', async () => {
    const left = [running('old1'), running('old2'), running('half')]
    expect((await upgrade({ containers: left })).code).toBe(0)
    expect(shell.images).toEqual(['marketflow:1234abc', 'marketflow:1234abc'])
  })

  it('goes back to an image that is still there, without building it or migrating', async () => {
    expect((await upgrade({ images: ['0ld', 'g00d'] }, '--back', 'g00d')).code).toBe(0)
    expect(shell.images).toEqual(['marketflow:g00d', 'marketflow:g00d'])
    expect(shell.calls.filter((each) => /build$|build service|migrate/.test(each))).toEqual([])
  })

  it('does not go back to an image that is not there', async () => {
    const { code, output } = await upgrade({}, '--back', 'unknown')
    expect(code).toBe(1)
    expect(output).toContain('There is no image marketflow:unknown')
    expect(shell.images).toEqual(['marketflow:0ld', 'marketflow:0ld'])
  })

  it('says so when no instance runs', async () => {
    const { code, output } = await upgrade({ containers: [] })
    expect(code).toBe(1)
    expect(output).toContain('No instance runs')
  })

  it.each(['--help', '--back'])(
    'given only %s, says how it is used and changes nothing',
    async (argument) => {
      const { code, output } = await upgrade({}, argument)
      expect(code).toBe(64)
      expect(output).toContain('Usage: deploy/upgrade.sh')
      expect(() => shell.calls).toThrow('ENOENT')
    },
  )

  it('gives an instance as long to end as the compose file does, and leaves as many running', () => {
    const script = read('deploy/upgrade.sh')
    const { stop_grace_period, deploy } = COMPOSE.services.service!
    expect(script).toContain(`GRACE_S=${Number.parseInt(stop_grace_period!, 10)}\n`)
    expect(script).toContain(`INSTANCES=\${INSTANCES:-${deploy!.replicas}}\n`)
  })
})
