import { MarketflowError } from '../../domain/errors.ts'
import type { TokenIssuer, Viewer } from '../ports/token-issuer.ts'
import type { Reads } from '../tables/reads-and-writes.ts'
import { VIEWS } from '../tables/view-table.ts'

/**
 * Who holds this token. A token counts until it expires or its account signs out everywhere, and that is looked up in
 * a view like any other: from the moment a sign-out is answered, no instance accepts the tokens of before.
 */
export class Identify {
  readonly #views: Reads
  readonly #tokens: TokenIssuer

  constructor(views: Reads, tokens: TokenIssuer) {
    this.#views = views
    this.#tokens = tokens
  }

  /** @throws MarketflowError `unauthenticated`, or `database-unavailable` when it cannot be known. */
  async execute(token: string): Promise<Viewer> {
    const { sessionEpoch, ...viewer } = await this.#tokens.verify(token)
    const session = await this.#views.read(VIEWS.accountSession, { id: viewer.accountId })
    if (!session.exists || session.value()?.epoch !== sessionEpoch) {
      throw new MarketflowError('unauthenticated', 'The token has been revoked')
    }
    return viewer
  }
}
