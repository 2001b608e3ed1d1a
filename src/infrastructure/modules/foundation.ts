import { ContainerModule } from 'inversify'
import { Argon2Hasher } from '../../adapters/security/argon2-hasher.ts'
import { JwtIssuer } from '../../adapters/security/jwt-issuer.ts'
import { SystemClock } from '../../adapters/system/system-clock.ts'
import { SystemRandom } from '../../adapters/system/system-random.ts'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { Random } from '../../application/consistency/ports/random.ts'
import { PasswordHasher } from '../../application/ports/password-hasher.ts'
import { TokenIssuer } from '../../application/ports/token-issuer.ts'
import { Metrics } from '../observability/metrics.ts'
import { RecentEvents } from '../observability/recent-events.ts'

/** What signs tokens, and what else is accepted while the one takes the other's place. */
export interface TokenSecrets {
  readonly signing: string
  readonly accepted: string | undefined
}

/** Time, randomness, secrets and counters: what everything else stands on. */
export const foundation = ({ signing, accepted }: TokenSecrets) =>
  new ContainerModule(({ bind }) => {
    bind(Clock)
      .toResolvedValue(() => new SystemClock())
      .inSingletonScope()
    bind(Random)
      .toResolvedValue(() => new SystemRandom())
      .inSingletonScope()
    bind(PasswordHasher)
      .toResolvedValue(() => new Argon2Hasher())
      .inSingletonScope()
    bind(TokenIssuer)
      .toResolvedValue(
        (clock) => new JwtIssuer(signing, clock, accepted === undefined ? [] : [accepted]),
        [Clock],
      )
      .inSingletonScope()
    bind(Metrics)
      .toResolvedValue((clock) => new Metrics(clock), [Clock])
      .inSingletonScope()
    bind(RecentEvents)
      .toResolvedValue((clock) => new RecentEvents(clock), [Clock])
      .inSingletonScope()
  })
