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
  const findings = await part.run(values.quick)
  print({ ...findings, name: part.name }, machine)
  if (!values.quick) {
    await keep(part.name, findings, machine)
    // After each, so that a part that fails leaves the documents as what was kept says.
    await writeDocuments(PARTS.map(({ name }) => name))
  }
  console.error(`${part.name}: ${Math.round((performance.now() - began) / 1000)} s`)
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
