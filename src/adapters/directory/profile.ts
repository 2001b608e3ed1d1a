import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { MarketflowError } from '../../domain/errors.ts'
import { PRODUCTS } from '../../domain/products.ts'

const column = z.string().trim().min(1, 'expected the name of a column')
/** Names that a column may have; the first one that a file has is used. */
const columns = z.union([column.transform((name) => [name]), z.array(column)])
const flags = z.record(column, z.string().trim().min(1, 'expected what a yes in this column means'))
const sold = z.record(column, z.enum(PRODUCTS, { error: `expected one of ${PRODUCTS.join(', ')}` }))

/** What to call a column is compared without case, blanks and underscores. */
const profileSchema = z.strictObject({
  /** Whose ids these are: a market is known again by source and id. */
  source: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected lower-case letters, digits and hyphens'),
  /** How readers know the directory. */
  name: z.string().trim().min(1, 'expected a name').max(120),
  /** Of every market in it: ISO 3166-1 alpha-2. */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'expected two capitals, as US')
    .default(''),
  /** Of every market that tells none. */
  region: z.string().max(120).default(''),
  city: z.string().max(120).default(''),
  /** Absent where a directory has no ids: a market is known again by its name, street and city. */
  id: columns.default([]),
  columns: z.strictObject({
    name: columns,
    city: columns.default([]),
    street: columns.default([]),
    /** Of a house, beside the street's name. */
    houseNumber: columns.default([]),
    region: columns.default([]),
    postcode: columns.default([]),
    country: columns.default([]),
    /** One line that has to be taken apart. */
    address: columns.default([]),
    latitude: columns.default([]),
    longitude: columns.default([]),
    /** Both in one: `(42.7, -74.0)`, or `POINT (-74.0 42.7)`. */
    point: columns.default([]),
    website: columns.default([]),
    description: columns.default([]),
    updated: columns.default([]),
    /** OpenStreetMap's `opening_hours`. */
    openingHours: columns.default([]),
  }),
  /** Each with the columns that tell dates, days and times of one season. */
  seasons: z
    .array(
      z.strictObject({ dates: columns.default([]), days: columns.default([]), times: columns.default([]) }),
    )
    .default([]),
  /** Columns that say `Y` where a market sells this, and takes that. */
  products: sold.default({}),
  payment: flags.default({}),
  /** Columns that a file must have to be of this directory, beside name and id. */
  knownBy: z.array(column).default([]),
  /** Many files of different directories look like this: what one lacks is no reason to close what another has. */
  shared: z.boolean().default(false),
})

export type Profile = z.infer<typeof profileSchema>

export function profile(written: z.input<typeof profileSchema>): Profile {
  return profileSchema.parse(written)
}

/** @throws MarketflowError `validation-failed` naming the field */
export async function readProfile(file: string): Promise<Profile> {
  const refused = (errors: readonly { path: string; message: string }[], cause?: unknown) =>
    new MarketflowError('validation-failed', `Cannot use the profile ${file}`, { errors, cause })
  let written: unknown
  try {
    written = JSON.parse((await readFile(file, 'utf8')).replace(/^\uFEFF/, ''))
  } catch (error) {
    throw refused([], error)
  }
  const { success, data, error } = profileSchema.safeParse(written)
  if (success) return data
  throw refused(error.issues.map(({ path, message }) => ({ path: path.join('.'), message })))
}

/** As columns are compared. */
export function folded(name: string): string {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s_\uFEFF]+/g, '')
}

/** What a file of this directory must have and this one lacks, as it is usually written. */
export function lacking({ id, columns, knownBy }: Profile, header: ReadonlySet<string>): string[] {
  const has = (names: readonly string[]) => names.some((name) => header.has(folded(name)))
  const place = [columns.city, columns.address, columns.latitude, columns.point].filter(
    (names) => names.length > 0,
  )
  const needed = [...(id.length > 0 ? [id] : []), columns.name, ...knownBy.map((name) => [name])]
  const missing = needed.filter((names) => !has(names)).map(([name]) => name!)
  return place.length === 0 || place.some(has) ? missing : [...missing, place[0]![0]!]
}
