import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { applyPatch, type Patch, type Variant } from './variant.ts'

type Simulation = typeof import('../interleaving/simulation/production.ts')

const ROOT = new URL('../../../', import.meta.url).href
const SIMULATION = `${ROOT}test/property/interleaving/simulation/`

/** Marks the modules of one variant: every import from such a module leads to another one. */
const MARK = 'variant'
const patchesOf = new Map<string, readonly Patch[]>()
let hooked = false

/**
 * The simulation over production's source with the variant's patches in it: a graph of modules of its own, so that
 * nothing is shared with production's or with another variant's. Needs Node's own loader, so not inside vitest.
 * @throws when a patch does not apply, or its file is no part of the simulation
 */
export async function patchedSimulation({ name, patches }: Variant): Promise<Simulation> {
  hook()
  const mark = `?${MARK}=${encodeURIComponent(name)}`
  const left = new Set(patches.map(({ file }) => file))
  patchesOf.set(mark, patches)
  loaded.set(mark, left)
  const simulation: Simulation = await import(`${SIMULATION}production.ts${mark}`)
  if (left.size > 0)
    throw new Error(`«${name}» patches what the simulation never loads: ${[...left].join(', ')}`)
  return simulation
}

/** The patched files that have not been loaded yet, by mark. */
const loaded = new Map<string, Set<string>>()

function hook(): void {
  if (hooked) return
  hooked = true
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const result = nextResolve(specifier, context)
      const mark = context.parentURL === undefined ? '' : new URL(context.parentURL).search
      const ours = result.url.startsWith(ROOT) && !result.url.includes('/node_modules/')
      return patchesOf.has(mark) && ours && !result.url.endsWith(mark)
        ? { ...result, url: result.url + mark }
        : result
    },
    load(url, context, nextLoad) {
      const { search } = new URL(url)
      const patches = patchesOf.get(search)
      if (patches === undefined) return nextLoad(url, context)
      const path = url.slice(ROOT.length, -search.length)
      const source = patches
        .filter(({ file }) => file === path)
        .reduce(applyPatch, readFileSync(new URL(url), 'utf8'))
      loaded.get(search)?.delete(path)
      return { format: 'module-typescript', source, shortCircuit: true }
    },
  })
}
