import { MarketflowError } from '../../domain/errors.ts'
import { Market, type MarketProps, slugify } from '../../domain/market.ts'
import type { Once } from '../ports/repositories.ts'
import { runOnce } from '../use-case/once.ts'
import { type Dependencies, now, type Writing } from '../use-case/use-case.ts'
import type { MarketDetail } from '../views/views.ts'
import { listingOf } from './update-market.ts'

/** Without a slug, one is made of name and city, and of the region where that is taken. */
export type NewMarket = Omit<MarketProps, 'id' | 'organizerId' | 'slug' | 'directoryId' | 'createdAt'> & {
  readonly slug?: string | undefined
}

/**
 * An organizer starts a market, as a draft.
 * @throws MarketflowError `slug-taken`, `idempotency-key-reused`; `unauthenticated` when the account is gone.
 */
export const CreateMarket =
  (needs: Writing & Pick<Dependencies, 'random'>) =>
  (organizerId: string, input: NewMarket, once?: Once): Promise<MarketDetail> =>
    runOnce(needs.writes, once, async (tx, record) => {
      const id = needs.random.uuid()
      const wanted = wantedSlugs(input)
      const taken = await tx.markets.takenSlugs(wanted)
      if (input.slug !== undefined && taken.size > 0)
        throw new MarketflowError('slug-taken', `The slug ${input.slug} is taken`, {
          errors: [{ path: 'slug', message: 'expected one that no other market has' }],
        })
      const slug = freeSlug(wanted, taken, id)
      const market = new Market({ ...input, id, organizerId, slug, createdAt: now(needs) })
      tx.markets.add(market)
      record({ type: 'market-created', marketId: id, slug, organizerId, listing: listingOf(market) })
      const made = await tx.views.marketDetail(id)
      // Its organizer may have left a moment ago.
      if (made === undefined) throw new MarketflowError('unauthenticated')
      return made.value
    })

type Named = Pick<NewMarket, 'name' | 'city' | 'region' | 'slug'>

/** The slugs that a market may have, the one to be preferred first. */
export function wantedSlugs({ name, city, region = '', slug }: Named): readonly [string, ...string[]] {
  if (slug !== undefined) return [slug]
  const short = slugify(`${name} ${city}`)
  return region === '' ? [short] : [short, slugify(`${name} ${city} ${region}`)]
}

/** A readable slug that is not taken. */
export function freeSlug(
  wanted: readonly [string, ...string[]],
  taken: ReadonlySet<string>,
  id: string,
): string {
  return wanted.find((slug) => !taken.has(slug)) ?? `${wanted.at(-1)}-${id.slice(0, 8)}`
}
