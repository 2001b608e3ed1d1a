import { MarketflowError } from '../../domain/errors.ts'
import type { ApplicationStatus } from '../../domain/vendor-application.ts'
import type { Clock } from '../consistency/ports/clock.ts'
import type { Viewer } from '../ports/token-issuer.ts'
import type { Writes } from '../tables/reads-and-writes.ts'
import { moveApplication } from './move-application.ts'

/** A vendor takes a request back; if it was accepted, its stall is free again. */
export class WithdrawApplication {
  readonly #unitOfWork: Writes
  readonly #clock: Clock

  constructor(unitOfWork: Writes, clock: Clock) {
    this.#unitOfWork = unitOfWork
    this.#clock = clock
  }

  /** @throws MarketflowError `application-not-found`, `forbidden`, or `conflict` unless the application is live. */
  execute(id: string, viewer: Viewer): Promise<ApplicationStatus> {
    return this.#unitOfWork.run((tx, record) =>
      moveApplication(tx, record, id, (application, market) => {
        if (application.vendorId !== viewer.vendorId) throw new MarketflowError('forbidden')
        application.withdraw(market, new Date(this.#clock.now()))
      }),
    )
  }
}
