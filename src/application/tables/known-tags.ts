import { MarketflowError } from '../../domain/errors.ts'
import { parseId } from '../../domain/ids.ts'
import { isSlug, normalizePlace } from '../../domain/market.ts'
import { everyTags, tags } from './tags.ts'

/** What each tag is made of, and whether a text is that in the form in which tags have it. */
const PARTS = {
  listings: undefined,
  cityListings: { name: 'city', fits: isPlace },
  regionListings: { name: 'region', fits: isPlace },
  countryListings: { name: 'country', fits: isPlace },
  areaListings: { name: 'area', fits: (text) => /^-?\d{1,2},-?\d{1,3}$/.test(text) },
  dayListings: { name: 'date', fits: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) },
  vendorListings: undefined,
  market: { name: 'id', fits: isId },
  marketPage: { name: 'slug', fits: isSlug },
  marketStats: { name: 'id', fits: isId },
  marketApplications: { name: 'id', fits: isId },
  application: { name: 'id', fits: isId },
  vendorApplications: { name: 'id', fits: isId },
  marketDays: { name: 'id', fits: isId },
  vendor: { name: 'id', fits: isId },
  organizer: { name: 'id', fits: isId },
  account: { name: 'id', fits: isId },
} satisfies Record<keyof typeof tags, Part | undefined>

interface Part {
  readonly name: string
  readonly fits: (text: string) => boolean
}

interface Form {
  /** Up to the part, or all of it. */
  readonly start: string
  readonly part: Part | undefined
}

const FORMS: readonly Form[] = [
  ...Object.entries(PARTS).map(([name, part]: [string, Part | undefined]) => {
    const make = tags[name as keyof typeof tags] as (part: string) => string
    return { start: part === undefined ? make('') : make('x').slice(0, -1), part }
  }),
  ...everyTags.map((start) => ({ start, part: undefined })),
]

/** Every form that a tag may have: `market:{id}`. */
export const TAG_FORMS: readonly string[] = FORMS.map(({ start, part }) =>
  part === undefined ? start : `${start}{${part.name}}`,
)

/**
 * For tags that people type: one that no entry can have would be invalidated without a word, and change nothing.
 * @throws MarketflowError `validation-failed` naming each of them, and the forms there are
 */
export function assertKnownTags(texts: readonly string[]): void {
  const unknown = texts.filter((text) => !FORMS.some((form) => hasForm(text, form)))
  if (unknown.length === 0) return
  const forms = `expected ${TAG_FORMS.join(', ')}; ids and places in lower case`
  throw new MarketflowError('validation-failed', `No entry has the tag ${unknown.join(', ')}: ${forms}`, {
    errors: unknown.map((text) => ({ path: `tags.${texts.indexOf(text)}`, message: forms })),
  })
}

function hasForm(text: string, { start, part }: Form): boolean {
  if (part === undefined) return text === start
  if (!text.startsWith(start)) return false
  const rest = text.slice(start.length)
  // As it is written in the tag: a city's blanks and colons are encoded there.
  return !/[\s:]/.test(rest) && part.fits(decoded(rest))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

function isPlace(text: string): boolean {
  return text !== '' && normalizePlace(text) === text
}

function isId(text: string): boolean {
  return parseId(text) === text
}
