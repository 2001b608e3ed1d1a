/**
 * Joins parts to `a:b:c`. Injective: a part's own colons are encoded, so a city of `a:b` cannot collide with another
 * key's structure.
 */
export function joinKey(...parts: readonly (string | number)[]): string {
  let key = encodePart(parts[0] ?? '')
  for (let i = 1; i < parts.length; i++) key += `:${encodePart(parts[i]!)}`
  return key
}

function encodePart(part: string | number): string {
  return typeof part === 'number' || PLAIN.test(part) ? `${part}` : part.replace(SPECIAL, encoded)
}

/** Half of a surrogate pair has no UTF-8: on its way to Redis all of them would become the same character. */
function encoded(character: string): string {
  return HALF.test(character) ? `%u${character.charCodeAt(0).toString(16)}` : encodeURIComponent(character)
}

const HALF = /\p{Cs}/u
const SPECIAL = /[%:\s\p{Cc}\p{Cs}{}]/gu
/** Almost every part of a key: ids, numbers and names. Keys are made on every read, and this is the quicker look. */
const PLAIN = /^[\w.-]*$/
