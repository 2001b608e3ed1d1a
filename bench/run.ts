/**
 * Everything that is compared with something else, in one run: `npm run bench`, `npm run bench -- --only http,library`.
 * `--quick` has a look, and keeps nothing.
 */
import { parseArgs } from 'node:util'
import { PARTS } from './parts.ts'
import { thisMachine } from './support/machine.ts'
import type { Part } from './support/part.ts'
import { keep, print, writeDocuments } from './support/publication.ts'

const { values } = parseArgs({
  options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } },
})
const machine = await thisMachine()
for (const part of chosen(values.only)) {
  const began = performance.now()
  try {
    await measure(part)
  } catch (error) {
    // The others are worth as much without it; what was kept of it stays.
    process.exitCode = 1
    console.error(`${part.name} failed:`, error)
  }
  console.error(`${part.name}: ${Math.round((performance.now() - began) / 1000)} s`)
}

async function measure(part: Part): Promise<void> {
  const findings = await part.run(values.quick)
  print({ ...findings, name: part.name }, machine)
  if (values.quick) return
  await keep(part.name, findings, machine)
  await writeDocuments(PARTS.map(({ name }) => name))
}

function chosen(only: string | undefined): readonly Part[] {
  if (only === undefined) return PARTS
  return only.split(',').map((name) => {
    const part = PARTS.find((candidate) => candidate.name === name)
    if (part === undefined) {
      throw new Error(`--only ${name}: expected some of ${PARTS.map((known) => known.name).join(',')}`)
    }
    return part
  })
}
