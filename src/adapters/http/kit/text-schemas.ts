import { iso31661Alpha2ToNumeric } from 'iso-3166'
import { z } from 'zod'
import { type Point, RADII_KM } from '../../../domain/grid.ts'
import { PRODUCTS, type Product } from '../../../domain/products.ts'
import { documentedAs } from './schemas.ts'

/** Neither control characters nor lone surrogates: PostgreSQL takes no NUL, and UTF-8 no half characters. */
const ONE_LINE = /^[^\p{Cc}\p{Cs}]*$/u
const LINES = /^(?:[^\p{Cc}\p{Cs}]|[\t\n])*$/u

/** A letter, digit or sign that is drawn: zero-width spaces, joiners and fillers alone would make a link of nothing. */
const VISIBLE = /[[\p{L}\p{N}\p{P}\p{S}]--[\p{Default_Ignorable_Code_Point}\u2800]]/v

/** The same for regular expressions that know no `\p{…}`, or no surrogates: those of Python, Go and Rust. */
const PORTABLE_ONE_LINE = { pattern: String.raw`^[^\x00-\x1f\x7f-\x9f]*$` }
const PORTABLE_LINES = { pattern: String.raw`^(?:[^\x00-\x08\x0b-\x1f\x7f-\x9f]|\r\n)*$` }

/** A name: one line that shows something, trimmed. */
export function name(longest: number) {
  const error = `expected text of 1 to ${longest} characters, not all invisible, without control characters`
  return z
    .string({ error })
    .trim()
    .min(1, { error })
    .max(longest, { error })
    .regex(ONE_LINE, { error })
    .refine((text) => VISIBLE.test(text), { error })
    .register(documentedAs, PORTABLE_ONE_LINE)
}

/** One line that may be empty, trimmed. */
export function line(longest: number) {
  const error = `expected text of at most ${longest} characters without control characters`
  return z
    .string({ error })
    .trim()
    .max(longest, { error })
    .regex(ONE_LINE, { error })
    .register(documentedAs, PORTABLE_ONE_LINE)
}

/** Words to look for, or none; trimmed. */
export function words(shortest: number, longest: number) {
  const error = `expected ${shortest} to ${longest} characters without control characters`
  return z
    .string({ error })
    .trim()
    .max(longest, { error })
    .regex(ONE_LINE, { error })
    .refine((text) => text === '' || [...text].length >= shortest, { error })
    .register(documentedAs, { pattern: String.raw`^(?:[^\x00-\x1f\x7f-\x9f]{${shortest},})?$` })
}

/** Paragraphs, trimmed; line ends become line feeds. */
export function prose(
  longest: number,
  error = `expected text of at most ${longest} characters without control characters`,
) {
  return z
    .string({ error })
    .overwrite((text) => text.replaceAll('\r\n', '\n').trim())
    .max(longest, { error })
    .regex(LINES, { error })
    .register(documentedAs, PORTABLE_LINES)
}

/** As it was typed: blanks count. */
export function secret(shortest: number, longest: number) {
  const error = `expected ${shortest} to ${longest} characters without control characters`
  return z
    .string({ error })
    .min(shortest, { error })
    .max(longest, { error })
    .regex(ONE_LINE, { error })
    .register(documentedAs, { ...PORTABLE_ONE_LINE, format: 'password' })
}

export function email(longest: number) {
  const error = `expected an e-mail address of at most ${longest} characters`
  return z
    .string({ error })
    .trim()
    .max(longest, { error })
    .regex(z.regexes.email, { error })
    .register(documentedAs, { format: 'email', pattern: undefined })
}

/**
 * An address for a new account. Names under `.invalid` lead nowhere (RFC 2606), so a stranger who brings one
 * wants to be taken for something else.
 */
export function newEmail(longest: number) {
  return email(longest)
    .refine((text) => !/[@.]invalid$/i.test(text), {
      error: 'expected an address that is not under .invalid',
    })
    .register(documentedAs, { format: 'email', pattern: undefined })
}

/** A link to the web, or none. */
export function website(longest: number) {
  const error = `expected an http or https URL of at most ${longest} characters, or an empty text`
  return z
    .string({ error })
    .trim()
    .max(longest, { error })
    .regex(ONE_LINE, { error })
    .refine((text) => text === '' || (/^https?:\/\//i.test(text) && URL.canParse(text)), { error })
    .register(documentedAs, {
      description: 'An http or https URL, or an empty text for none.',
      pattern: String.raw`^(?:[Hh][Tt][Tt][Pp][Ss]?://[^\x00-\x1f\x7f-\x9f]*)?$`,
    })
}

const countryError = 'expected a country by its two letters of ISO 3166-1, such as US'
const TWO_LETTERS = /^(?:[A-Za-z]{2})?$/

/** A country by its code, in capitals, or an empty text. */
export function country() {
  return z
    .string({ error: countryError })
    .trim()
    .toUpperCase()
    .refine((code) => code === '' || Object.hasOwn(iso31661Alpha2ToNumeric, code), { error: countryError })
    .register(documentedAs, { pattern: TWO_LETTERS.source })
}

/** Any two letters, or none, to look for: of no country there are no markets. */
export function countryToFind() {
  return z
    .string({ error: countryError })
    .trim()
    .regex(TWO_LETTERS, { error: countryError })
    .register(documentedAs, { examples: ['US'] })
}

const timeZoneError = 'expected a time zone by its IANA name, such as America/Chicago'

/** A time zone by its IANA name, in its usual letters, or an empty text. */
export function timeZone() {
  return z
    .string({ error: timeZoneError })
    .trim()
    .transform((name, context) => {
      if (name === '') return ''
      try {
        // Offsets are zones, too, but in spring they are another market's.
        if (/^[a-z]/i.test(name)) return new Temporal.ZonedDateTime(0n, name).timeZoneId
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
      }
      context.addIssue({ code: 'custom', message: timeZoneError })
      return z.NEVER
    })
    .register(documentedAs, { maxLength: 64, pattern: String.raw`^(?:[A-Za-z][\w+/-]*)?$` })
}

/** Degrees, or null where they are not known. */
export function degrees(most: number) {
  const error = `expected a number from -${most} to ${most}, or null`
  return z.number({ error }).min(-most, { error }).max(most, { error }).nullable()
}

const pointError =
  'expected a latitude from -90 to 90 and a longitude from -180 to 180, such as 45.52,-122.68, given once'
const POINT = /^(?:(-?\d{1,2}(?:\.\d{1,15})?) ?, ?(-?\d{1,3}(?:\.\d{1,15})?))?$/

/** A point by its degrees north and east, or an empty text for none. */
export function point() {
  return z
    .string({ error: pointError })
    .trim()
    .transform((text, context): Point | undefined => {
      if (text === '') return undefined
      const [latitude = 91, longitude = 181] = POINT.exec(text)?.slice(1).map(Number) ?? []
      if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return { latitude, longitude }
      context.addIssue({ code: 'custom', message: pointError })
      return z.NEVER
    })
    .register(documentedAs, { examples: ['45.52,-122.68'], maxLength: 64, pattern: POINT.source })
}

const radiusError = `expected one of ${RADII_KM.join(', ')}, given once`

/** How far away, in km. */
export function radius() {
  return z
    .enum(RADII_KM.map(String), { error: radiusError })
    .transform((text) => RADII_KM.find((km) => String(km) === text)!)
    .register(documentedAs, { type: 'integer', enum: RADII_KM, default: 25 })
}

const productsError = `expected a list of ${PRODUCTS.join(', ')}`

/** What a vendor sells; said twice counts once. */
export function products() {
  return z
    .array(z.enum(PRODUCTS, { error: `expected one of ${PRODUCTS.join(', ')}` }), { error: productsError })
    .max(PRODUCTS.length, { error: productsError })
}

const productError = `expected one of ${PRODUCTS.join(', ')}, given once`

/** What is sold, to look for; an empty text for anything. */
export function product() {
  return z
    .enum(['', ...PRODUCTS], { error: productError })
    .transform((said): Product | undefined => (said === '' ? undefined : said))
}

const dateError = 'expected a date such as 2026-05-02'

/** A date of the calendar, `YYYY-MM-DD`. */
export function date() {
  return z.iso
    .date({ error: dateError })
    .register(documentedAs, { pattern: undefined, format: 'date', examples: ['2026-05-02'] })
}

const timeError = 'expected a time from 00:00 to 23:59'

/** `HH:MM`. */
export function localTime() {
  return z.string({ error: timeError }).regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error: timeError })
}

const pageError = 'expected a whole number from 1 to 1000000, given once'
const pageSizeError = 'expected a whole number from 1 to 100, given once'

/** Query parameters are text; these read the numbers that a page is asked for by, and nothing like `1e3` or ` 7`. */
export const paging = {
  page: z
    .string({ error: pageError })
    .regex(/^(?:[1-9]\d{0,5}|1000000)$/, { error: pageError })
    .transform(Number)
    .default(1)
    .register(documentedAs, {
      ...wholeNumber(1_000_000),
      default: 1,
      description: 'Which page, counted from 1.',
    }),
  page_size: z
    .string({ error: pageSizeError })
    .regex(/^(?:[1-9]\d?|100)$/, { error: pageSizeError })
    .transform(Number)
    .default(20)
    .register(documentedAs, { ...wholeNumber(100), default: 20, description: 'How many a page holds.' }),
}

function wholeNumber(maximum: number) {
  return { type: 'integer', pattern: undefined, minimum: 1, maximum }
}

const objectError = 'expected a JSON object'

/** A body of these fields and no others. */
export function body<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? objectError : undefined),
  })
}

type Optional<Shape extends Record<string, z.ZodType>> = {
  [Name in keyof Shape]: z.ZodExactOptional<Shape[Name]>
}

/** The same fields, each of which may be absent. */
export function allOptional<Shape extends Record<string, z.ZodType>>(shape: Shape): Optional<Shape> {
  const fields = Object.entries(shape).map(([name, schema]) => [name, schema.exactOptional()])
  return Object.fromEntries(fields) as Optional<Shape>
}

/** A body of any of these fields, but at least one. */
export function changes<Shape extends Record<string, z.ZodType>>(shape: Shape) {
  const error = `expected at least one of ${Object.keys(shape).join(', ')}`
  return body(allOptional(shape))
    .refine((fields) => Object.keys(fields).length > 0, {
      error,
      // A client that sent only unknown fields is told about those.
      when: ({ issues }) => issues.length === 0,
    })
    .register(documentedAs, { minProperties: 1 })
}
