import type { ApplicationStatus } from '../../domain/vendor-application.ts'
import type { Clock } from '../consistency/ports/clock.ts'
import { assertOrganizes } from '../markets/assert-organizes.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { Writes } from '../tables/reads-and-writes.ts'
import { moveApplication } from './move-application.ts'

/** An organizer gives a vendor a stall. Simultaneous accepts never pass the stall count. */
export class AcceptApplication {
  readonly #unitOfWork: Writes
  readonly #clock: Clock

  constructor(unitOfWork: Writes, clock: Clock) {
    this.#unitOfWork = unitOfWork
    this.#clock = clock
  }

  /** @throws MarketflowError `application-not-found`, `forbidden`, `market-full`, or `conflict` unless pending or waitlisted. */
  execute(id: string, viewer: Viewer): Promise<ApplicationStatus> {
    return this.#unitOfWork.run((tx, record) =>
      moveApplication(tx, record, id, (application, market) => {
        assertOrganizes(viewer, market)
        application.accept(market, new Date(this.#clock.now()))
      }),
    )
  }
}
