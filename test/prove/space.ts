import { CASES, EXTRA, MORE } from '../model/cases.ts'
import type { LayerResult } from './layer.ts'
import { onEveryCore } from './pool.ts'
import { Progress } from './progress.ts'

/** The protocol's whole state space, in small surroundings and in large ones; the largest begin first. */
export async function space(): Promise<LayerResult> {
  const names = [...[...EXTRA].reverse(), ...CASES, ...MORE].map(({ name }) => name)
  const failures: string[] = []
  let states = 0
  let most = 0
  const progress = new Progress('space', names.length)
  await onEveryCore(
    names.map((name) => ({ kind: 'space', name })),
    (job, { runs, bytes = 0, story, unseen = [] }) => {
      states += runs
      most = Math.max(most, bytes)
      progress.advance(1)
      const { name } = job as { readonly name: string }
      const again = `Replay: MODEL=full npx vitest run test/model/protocol.test.ts -t '${name}'`
      if (story !== undefined) failures.push(`A stale read: ${name}\n${story}\n${again}`)
      else if (unseen.length > 0) failures.push(`${name}: proves nothing, it never took ${unseen.join(', ')}`)
      return true
    },
  )
  progress.end()
  return {
    runs: `${states} states, ${names.length} surroundings`,
    seen: [`the largest held ${Math.ceil(most / 1e6)} MB of states`],
    failures,
  }
}
