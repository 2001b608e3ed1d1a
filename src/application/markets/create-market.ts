import { MarketflowError } from '../../domain/errors.ts'
import { Market, slugify } from '../../domain/market.ts'
import type { Clock } from '../consistency/ports/clock.ts'
import type { Random } from '../consistency/ports/random.ts'
import type { MarketRepository } from '../ports/market-repository.ts'
import type { Writes } from '../tables/reads-and-writes.ts'
import type { MarketDetail } from '../views/market-views.ts'

export interface NewMarket {
  readonly name: string
  readonly city: string
  readonly description?: string | undefined
  readonly stallCount: number
  /** Absent: made from name and city. */
  readonly slug?: string | undefined
}

/** An organizer starts a market, as a draft. */
export class CreateMarket {
  readonly #unitOfWork: Writes
  readonly #clock: Clock
  readonly #random: Random

  constructor(unitOfWork: Writes, clock: Clock, random: Random) {
    this.#unitOfWork = unitOfWork
    this.#clock = clock
    this.#random = random
  }

  /** @throws MarketflowError `conflict` when the slug is taken. */
  execute(organizerId: string, input: NewMarket): Promise<MarketDetail> {
    return this.#unitOfWork.run(async (tx, record) => {
      const id = this.#random.uuid()
      const slug = await freeSlug(tx.markets, input, id)
      const { name, city, description = '', stallCount } = input
      const createdAt = new Date(this.#clock.now())
      tx.markets.add(new Market({ id, organizerId, slug, name, city, description, stallCount, createdAt }))
      record({ type: 'market-created', marketId: id, slug, organizerId, listing: { city, listed: false } })
      return (await tx.views.marketDetail(id))!.value
    })
  }
}

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
