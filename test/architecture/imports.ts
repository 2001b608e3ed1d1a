/** What may stand between `import` or `export` and `from`: names, braces, commas, and comments. No quote, so no string. */
const CLAUSE = String.raw`(?:[\w$\s{},*]|//[^\n]*\n|/\*[\s\S]*?\*/)*?`
/** Space and comments. */
const GAP = String.raw`(?:\s|//[^\n]*\n|/\*[\s\S]*?\*/)*`
const SPECIFIER = String.raw`(['"])((?:(?!\1)[^\n\\])+)\1`
const LOADED = String.raw`(?<![\w$.])(?:import|require)\s*\(`
/** All that is loaded, or all before the options: what begins with a string (`'./' + name`) can lead anywhere. */
const WHOLE_SPECIFIER = `${GAP}${SPECIFIER}${GAP}[,)]`

const STATIC = new RegExp(
  String.raw`(?<![\w$.])(?:import|export)\b${CLAUSE}(?<![\w$])from${GAP}${SPECIFIER}`,
  'g',
)
const SIDE_EFFECT = new RegExp(String.raw`(?<![\w$.])import${GAP}${SPECIFIER}`, 'g')
const DYNAMIC = new RegExp(LOADED + WHOLE_SPECIFIER, 'g')
const COMPUTED = new RegExp(`${LOADED}(?!${WHOLE_SPECIFIER})`, 'g')

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
