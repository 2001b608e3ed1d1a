import { MarketflowError } from '../../domain/errors.ts'
import { Market, type MarketProps, slugify } from '../../domain/market.ts'
import { type Dependencies, now, type Writing } from '../use-case/use-case.ts'
import type { MarketDetail } from '../views/views.ts'

/** Without a slug, one is made from name and city. */
export type NewMarket = Omit<MarketProps, 'id' | 'organizerId' | 'slug' | 'directoryId' | 'createdAt'> & {
  readonly slug?: string | undefined
}

/**
 * An organizer starts a market, as a draft.
 * @throws MarketflowError `slug-taken`.
 */
export const CreateMarket =
  (needs: Writing & Pick<Dependencies, 'random'>) =>
  (organizerId: string, input: NewMarket): Promise<MarketDetail> =>
    needs.writes.run(async (tx, record) => {
      const id = needs.random.uuid()
      const wanted = wantedSlug(input)
      const taken = await tx.markets.takenSlugs([wanted])
      if (input.slug !== undefined && taken.size > 0)
        throw new MarketflowError('slug-taken', `The slug ${input.slug} is taken`, {
          errors: [{ path: 'slug', message: 'expected one that no other market has' }],
        })
      const slug = freeSlug(wanted, taken, id)
      tx.markets.add(new Market({ ...input, id, organizerId, slug, createdAt: now(needs) }))
      const listing = { city: input.city, listed: false }
      record({ type: 'market-created', marketId: id, slug, organizerId, listing })
      return (await tx.views.marketDetail(id))!.value
    })

export function wantedSlug({ name, city, slug }: Pick<NewMarket, 'name' | 'city' | 'slug'>): string {
  return slug ?? slugify(`${name} ${city}`)
}

/** A readable slug that is not taken. */
export function freeSlug(wanted: string, taken: ReadonlySet<string>, id: string): string {
  return taken.has(wanted) ? `${wanted}-${id.slice(0, 8)}` : wanted
}
