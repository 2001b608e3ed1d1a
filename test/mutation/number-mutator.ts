import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** What Stryker's instrumenter knows of a place in the code, as far as this needs it. */
interface Place {
  readonly node: { readonly value: number }
  readonly parent: { readonly type: string }
  isNumericLiteral(): boolean
}

interface Mutator {
  readonly name: string
  mutate(place: Place): Iterable<object>
}

/** Twice as much of what there is: a bound, a time, a share; and one instead of none. */
const numbers: Mutator = {
  name: 'NumericLiteral',
  *mutate(place) {
    if (!place.isNumericLiteral() || place.parent.type === 'TSLiteralType') return
    yield { type: 'NumericLiteral', value: place.node.value === 0 ? 1 : 2 * place.node.value }
  },
}

/**
 * Stryker changes no numbers, and its list of mutators cannot be added to by an option: so this is put into the list
 * itself. @param alone without the mutators that were there
 */
export async function mutateNumbers(alone: boolean): Promise<void> {
  const core = createRequire(import.meta.url).resolve('@stryker-mutator/core')
  const instrumenter = createRequire(core).resolve('@stryker-mutator/instrumenter')
  const list = new URL('./mutators/mutate.js', pathToFileURL(instrumenter))
  const { allMutators } = (await import(list.href)) as { allMutators: Mutator[] }
  allMutators.splice(0, alone ? allMutators.length : 0, numbers)
}
