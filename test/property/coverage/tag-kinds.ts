/** The rows of the table of tags. */
export const TAG_KINDS = {
  listings: /^markets:active$/,
  'city listings': /^markets:active:city:/,
  market: /^market:/,
  'market page': /^page:market:/,
  'market stats': /^stats:market:/,
  'market applications': /^applications:market:/,
  vendor: /^vendor:/,
  organizer: /^organizer:/,
  account: /^account:/,
} as const

export type TagKind = keyof typeof TAG_KINDS

/** @throws Error for a tag that is in no row: then this table is out of date. */
export function kindOf(tag: string): TagKind {
  for (const [kind, pattern] of Object.entries(TAG_KINDS)) if (pattern.test(tag)) return kind as TagKind
  throw new Error(`No kind of tag is spelled ${tag}`)
}
