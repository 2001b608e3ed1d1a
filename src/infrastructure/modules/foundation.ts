import { ContainerModule } from 'inversify'
import { HtmlPages } from '../../adapters/http/pages/html-pages.ts'
import { NoMailer, SmtpMailer } from '../../adapters/mail/smtp-mailer.ts'
import type { Database } from '../../adapters/postgres/database.ts'
import { Argon2Hasher } from '../../adapters/security/argon2-hasher.ts'
import { JwtIssuer } from '../../adapters/security/jwt-issuer.ts'
import { SystemClock } from '../../adapters/system/system-clock.ts'
import { SystemRandom } from '../../adapters/system/system-random.ts'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { InvalidationLog } from '../../application/consistency/ports/invalidation-log.ts'
import { Random } from '../../application/consistency/ports/random.ts'
import { Mailer } from '../../application/ports/mailer.ts'
import { PageRenderer } from '../../application/ports/page-renderer.ts'
import { PasswordHasher } from '../../application/ports/password-hasher.ts'
import { TokenIssuer } from '../../application/ports/token-issuer.ts'
import { Transactions } from '../../application/ports/transactions.ts'
import { Snapshots } from '../../application/ports/view-queries.ts'
import type { Config } from '../config/config.ts'
import { DatabaseState } from '../observability/database-state.ts'
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

/** An open database, as the ports see it, and how it is. */
export const persistence = (database: Database, state: DatabaseState) =>
  new ContainerModule(({ bind }) => {
    bind(Transactions).toConstantValue(database.transactions)
    bind(Snapshots).toConstantValue(database.snapshots)
    bind(DatabaseState).toConstantValue(state)
    bind(InvalidationLog).toConstantValue(database.invalidationLog)
  })

/** What goes out by mail, goes there. */
export const mail = ({ smtpUrl, mailFrom }: Config) =>
  new ContainerModule(({ bind }) => {
    bind(Mailer)
      .toResolvedValue(() => (smtpUrl === undefined ? new NoMailer() : new SmtpMailer(smtpUrl, mailFrom!)))
      .inSingletonScope()
  })

/** What the public pages are rendered by. */
export const pages = ({ publicUrl }: Config) =>
  new ContainerModule(({ bind }) => {
    bind(PageRenderer)
      .toResolvedValue(() => new HtmlPages(publicUrl))
      .inSingletonScope()
  })
