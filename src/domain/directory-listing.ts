import type { Weekday } from './season.ts'

/** From when to when on a day of the week, `HH:MM` by the market's clock. */
export interface OpenDay {
  readonly weekday: Weekday
  readonly opens: string
  /** Up to `24:00`. */
  readonly closes: string
}

/**
 * One season as a directory lists it. `from` and `to` are `YYYY-MM-DD` or `YYYY-MM`, and of every year `--MM-DD` or `--MM`; null
 * where nothing is said. What could not be understood is in `words` alone.
 */
export interface ListedHours {
  readonly from: string | null
  readonly to: string | null
  readonly weekly: readonly OpenDay[]
  readonly words: string | null
}

/** Whether two listings say the same. */
export function saysTheSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return one === other
  const [fields, others] = [one, other].map((each) => Object.entries(each))
  if (fields!.length !== others!.length) return false
  return fields!.every(([name, value]) => saysTheSame(value, (other as Record<string, unknown>)[name]))
}

/** What a public directory says of a market, beside its name and place. */
export interface DirectoryListing {
  /** By whom it is listed, as readers know it. */
  readonly listedBy: string
  /** When the directory last changed it: `YYYY-MM-DD`, or a part of that; null where it does not say. */
  readonly updatedOn: string | null
  readonly hours: readonly ListedHours[]
  /** What is sold there, in the words of `PRODUCTS`. */
  readonly products: readonly string[]
  /** What is taken for payment beside cash. */
  readonly payment: readonly string[]
}
