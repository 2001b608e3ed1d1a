import { execFile } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT, read } from './compose-file.ts'

/** One container of the service, as the stub of docker keeps it. */
export interface Container {
  readonly id: string
  readonly image: string
  readonly health: string
}

export interface Engine {
  readonly containers: readonly Container[]
  /** Versions of the image that are there. */
  readonly images: readonly string[]
  /** What a container that is started from now on says of itself. */
  readonly newHealth: 'healthy' | 'starting' | 'unhealthy'
  /** A Compose command that fails, such as `run` or `build`. */
  readonly failing: string
}

/** A copy of what a deployment needs, in which scripts find stubs instead of docker, git and time. */
export class Shell {
  readonly folder = mkdtempSync(join(tmpdir(), 'marketflow-shell-'))
  readonly #bin = join(this.folder, 'bin')

  constructor(engine: Partial<Engine> = {}) {
    mkdirSync(this.#bin)
    for (const name of ['deploy', 'src', 'docker-compose.prod.yml']) {
      cpSync(fileURLToPath(new URL(name, ROOT)), join(this.folder, name), { recursive: true })
    }
    this.stub('docker', read('test/deployment/stubs/docker.sh'))
    this.stub('git', '#!/bin/sh\necho 1234abc')
    this.stub('sleep', '#!/bin/sh')
    const { containers = [running('old1'), running('old2')] } = engine
    const lines = (each: readonly string[]) => each.map((line) => `${line}\n`).join('')
    this.write('containers', lines(containers.map(({ id, image, health }) => `${id} ${image} ${health}`)))
    this.write('images', lines(engine.images ?? ['0ld']))
    this.write('new-health', engine.newHealth ?? 'healthy')
    this.write('failing', engine.failing ?? '')
  }

  /** A program that scripts find before any of the machine's. */
  stub(name: string, text: string): void {
    writeFileSync(join(this.#bin, name), text)
    chmodSync(join(this.#bin, name), 0o755)
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8')
  }

  /** The images of the instances that run. */
  get images(): string[] {
    return this.#lines('containers').map((line) => line.split(' ')[1]!)
  }

  /** What docker was asked to do, in order. */
  get calls(): string[] {
    return this.#lines('calls')
  }

  /** How many instances were healthy after each of these calls. */
  get healthy(): number[] {
    return this.#lines('healthy').map(Number)
  }

  /** Runs a script to its end, as a person at a prompt in the repository does. */
  run(script: string, env: Readonly<Record<string, string>> = {}): Promise<{ code: number; output: string }> {
    const PATH = `${this.#bin}:${process.env.PATH}`
    return new Promise((resolve) => {
      const options = { cwd: this.folder, env: { PATH, STUB_FOLDER: this.folder, WAIT_S: '3', ...env } }
      const child = execFile('sh', ['-eu', '-c', script], options, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr })
      })
      child.stdin?.end()
    })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #lines(name: string): string[] {
    return this.read(name)
      .split('\n')
      .filter((line) => line !== '')
  }
}

export function running(id: string, health = 'healthy'): Container {
  return { id, image: 'marketflow:0ld', health }
}
