/** What may stand between `import` or `export` and `from`: names, braces, commas, and comments. No quote, so no string. */
const CLAUSE = String.raw`(?:[\w$\s{},*]|//[^\n]*\n|/\*[\s\S]*?\*/)*?`
const SPECIFIER = String.raw`(['"])((?:(?!\1)[^\n\\])+)\1`

const STATIC = new RegExp(
  String.raw`(?<![\w$.])(?:import|export)\b${CLAUSE}(?<![\w$])from\s*${SPECIFIER}`,
  'g',
)
const SIDE_EFFECT = new RegExp(String.raw`(?<![\w$.])import\s*${SPECIFIER}`, 'g')
const DYNAMIC = new RegExp(String.raw`(?<![\w$.])import\s*\(\s*(?:/\*[\s\S]*?\*/\s*)?${SPECIFIER}`, 'g')
const COMPUTED = /(?<![\w$.])(?:import|require)\s*\((?!\s*(?:\/\*[\s\S]*?\*\/\s*)?['"])/g

/** A specifier that is worked out at run time: nothing can be said about where it leads. */
export const COMPUTED_SPECIFIER = '<computed>'

/** Every module that the source names: imported, re-exported, imported as a type, or loaded at run time. */
export function specifiersOf(source: string): string[] {
  const named = [STATIC, SIDE_EFFECT, DYNAMIC].flatMap((pattern) =>
    [...source.matchAll(pattern)].map((match) => match[2]!),
  )
  const computed = [...source.matchAll(COMPUTED)].map(() => COMPUTED_SPECIFIER)
  return [...new Set([...named, ...computed])]
}
