import { MarketflowError } from '../../domain/errors.ts'
import { Market, type MarketProps, slugify } from '../../domain/market.ts'
import type { MarketRepository } from '../ports/market-repository.ts'
import { type Dependencies, now, type Writing } from '../use-case/use-case.ts'
import type { MarketDetail } from '../views/market-views.ts'

/** Without a slug, one is made from name and city. */
export type NewMarket = Omit<
  MarketProps,
  'id' | 'organizerId' | 'slug' | 'description' | 'directoryId' | 'createdAt'
> & {
  readonly slug?: string | undefined
  readonly description?: string
}

/**
 * An organizer starts a market, as a draft.
 * @throws MarketflowError `conflict` when the slug is taken.
 */
export const CreateMarket =
  (needs: Writing & Pick<Dependencies, 'random'>) =>
  (organizerId: string, input: NewMarket): Promise<MarketDetail> =>
    needs.writes.run(async (tx, record) => {
      const id = needs.random.uuid()
      const slug = await freeSlug(tx.markets, input, id)
      tx.markets.add(new Market({ description: '', ...input, id, organizerId, slug, createdAt: now(needs) }))
      const listing = { city: input.city, listed: false }
      record({ type: 'market-created', marketId: id, slug, organizerId, listing })
      return (await tx.views.marketDetail(id))!.value
    })

/** The slug asked for, or a readable one that is free. */
export async function freeSlug(
  markets: MarketRepository,
  { name, city, slug }: Pick<NewMarket, 'name' | 'city' | 'slug'>,
  id: string,
): Promise<string> {
  const wanted = slug ?? slugify(`${name} ${city}`)
  if (!(await markets.slugTaken(wanted))) return wanted
  if (slug !== undefined) throw new MarketflowError('conflict', `The slug ${slug} is taken`)
  return `${wanted}-${id.slice(0, 8)}`
}
