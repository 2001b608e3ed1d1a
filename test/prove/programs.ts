import { type ChildProcess, spawn } from 'node:child_process'
import type { Budget, LayerResult } from './layer.ts'

/** Layers that need real servers are programs of their own. */

interface Outcome {
  readonly code: number | null
  readonly output: string
}

/** How often a program that is under way says so, in ms. */
const LINE_EVERY_MS = 30_000

/** What is under way, and the signal on which it cleans up. */
const underWay = new Map<ChildProcess, NodeJS.Signals>()

/** Lets the programs that are under way end what they have started. Resolves when they are gone. */
export async function endPrograms(): Promise<void> {
  const gone = [...underWay.keys()].map((child) => new Promise((resolve) => child.once('close', resolve)))
  for (const [child, signal] of underWay) child.kill(signal)
  await Promise.all(gone)
}

/** The test files with these variables set; `lines` picks what of their output was seen. */
export async function vitest(
  files: readonly string[],
  env: Readonly<Record<string, string>>,
  lines: RegExp,
): Promise<LayerResult> {
  const { code, output } = await run(['node_modules/vitest/vitest.mjs', 'run', ...files], env, String(files))
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value} `)
  const again = `Replay: ${settings.join('')}npx vitest run ${files.join(' ')}`
  const said = output.split('\n')
  const passed = Number(/^(\d+) passed/m.exec(output)?.[1] ?? 0)
  return {
    runs: `${passed} tests, ${settings.join('').trim()}`,
    seen: said.filter((line) => lines.test(line)),
    failures: code === 0 && passed > 0 ? [] : [`${said.slice(-60).join('\n')}\n${again}`],
  }
}

/** Each cache in turn, for as long. */
export async function chaos({ minutes, seed }: Budget): Promise<LayerResult> {
  const seen: string[] = []
  const failures: string[] = []
  for (const [cache, share] of [
    ['tiered', 0.25],
    ['near', 0.25],
    ['redis', 0.25],
    ['lru', 0.25],
  ] as const) {
    const options = ['--minutes', String(minutes * share), '--seed', String(seed), '--cache', cache]
    const { code, output } = await run(
      ['test/chaos/random/run.ts', ...options],
      {},
      `chaos on ${cache}, ${minutes * share} min`,
    )
    seen.push(
      ...output.split('\n').filter((line) => /^(chaos|operations|reads|longest|violations)/.test(line)),
    )
    if (code !== 0) failures.push(`${output}\nReplay: npm run chaos -- ${options.join(' ')}`)
  }
  return { runs: `${minutes} minutes`, seen, failures }
}

function run(args: readonly string[], env: Readonly<Record<string, string>>, what: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env: { ...process.env, NO_COLOR: '1', ...env } })
    // vitest stops its tests on the one; the other is new to a chaos run that Ctrl-C has already reached.
    underWay.set(child, args[0]?.includes('vitest') ? 'SIGINT' : 'SIGTERM')
    const began = performance.now()
    const line = () =>
      process.stderr.write(`${what}: ${Math.round((performance.now() - began) / 1000)} s so far\n`)
    const progress = setInterval(line, LINE_EVERY_MS)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.once('error', reject)
    child.once('close', (code) => {
      clearInterval(progress)
      underWay.delete(child)
      resolve({ code, output })
    })
  })
}
