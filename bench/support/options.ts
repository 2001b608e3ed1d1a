import { parseArgs } from 'node:util'

/**
 * Reads `--name 3` options, whole numbers only.
 * @throws Error for an option that `defaults` does not name, or that is not a whole number above 0
 */
export function wholeOptions<Name extends string>(defaults: Record<Name, number>): Record<Name, number> {
  const names = Object.keys(defaults) as Name[]
  const { values } = parseArgs({
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  })
  const chosen = { ...defaults }
  for (const name of names) {
    const given = values[name]
    if (given === undefined) continue
    chosen[name] = Number(given)
    if (!Number.isInteger(chosen[name]) || chosen[name] < 1) {
      throw new Error(`--${name} ${given}: expected a whole number above 0`)
    }
  }
  return chosen
}
