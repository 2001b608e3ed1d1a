import { ContainerModule } from 'inversify'
import { ChangePassword } from '../../application/accounts/change-password.ts'
import { GetAccount } from '../../application/accounts/get-account.ts'
import { Identify } from '../../application/accounts/identify.ts'
import { LogIn } from '../../application/accounts/log-in.ts'
import { RegisterAccount } from '../../application/accounts/register-account.ts'
import { SignOutEverywhere } from '../../application/accounts/sign-out-everywhere.ts'
import { AcceptApplication } from '../../application/applications/accept-application.ts'
import { ApplyToMarket } from '../../application/applications/apply-to-market.ts'
import { ListApplications } from '../../application/applications/list-applications.ts'
import { RejectApplication } from '../../application/applications/reject-application.ts'
import { WaitlistApplication } from '../../application/applications/waitlist-application.ts'
import { WithdrawApplication } from '../../application/applications/withdraw-application.ts'
import { Clock } from '../../application/consistency/ports/clock.ts'
import { Random } from '../../application/consistency/ports/random.ts'
import { CreateMarket } from '../../application/markets/create-market.ts'
import { GetMarket } from '../../application/markets/get-market.ts'
import { GetMarketStats } from '../../application/markets/get-market-stats.ts'
import { ImportMarkets } from '../../application/markets/import-markets.ts'
import { ListMarkets } from '../../application/markets/list-markets.ts'
import { UpdateMarket } from '../../application/markets/update-market.ts'
import { GetOrganizerDashboard } from '../../application/organizers/get-organizer-dashboard.ts'
import { BrowseMarkets } from '../../application/pages/browse-markets.ts'
import { ShowMarket } from '../../application/pages/show-market.ts'
import { ShowSitemap } from '../../application/pages/show-sitemap.ts'
import { PageRenderer } from '../../application/ports/page-renderer.ts'
import { PasswordHasher } from '../../application/ports/password-hasher.ts'
import { TokenIssuer } from '../../application/ports/token-issuer.ts'
import { Transactions } from '../../application/ports/transactions.ts'
import { Reads, Writes } from '../../application/tables/reads-and-writes.ts'
import { GetVendor } from '../../application/vendors/get-vendor.ts'
import { GetVendorDashboard } from '../../application/vendors/get-vendor-dashboard.ts'
import { UpdateVendor } from '../../application/vendors/update-vendor.ts'

const READS = [
  ListMarkets,
  GetMarket,
  GetMarketStats,
  ListApplications,
  GetVendor,
  GetVendorDashboard,
  GetOrganizerDashboard,
] as const

const PAGES = [BrowseMarkets, ShowMarket, ShowSitemap] as const

const TIMED_WRITES = [
  UpdateMarket,
  AcceptApplication,
  RejectApplication,
  WaitlistApplication,
  WithdrawApplication,
  UpdateVendor,
] as const

const CREATING_WRITES = [CreateMarket, ApplyToMarket, ImportMarkets] as const

/** Use cases keep no state, so that one of each serves everybody. Those with the same needs are bound alike. */
export const useCases = new ContainerModule(({ bind }) => {
  for (const Read of READS) {
    bind<InstanceType<typeof Read>>(Read)
      .toResolvedValue((views: Reads) => new Read(views), [Reads])
      .inSingletonScope()
  }
  for (const Page of PAGES) {
    bind<InstanceType<typeof Page>>(Page)
      .toResolvedValue(
        (views: Reads, renderer: PageRenderer) => new Page(views, renderer),
        [Reads, PageRenderer],
      )
      .inSingletonScope()
  }
  for (const Write of TIMED_WRITES) {
    bind<InstanceType<typeof Write>>(Write)
      .toResolvedValue((unitOfWork: Writes, clock: Clock) => new Write(unitOfWork, clock), [Writes, Clock])
      .inSingletonScope()
  }
  for (const Write of CREATING_WRITES) {
    bind<InstanceType<typeof Write>>(Write)
      .toResolvedValue(
        (unitOfWork: Writes, clock: Clock, random: Random) => new Write(unitOfWork, clock, random),
        [Writes, Clock, Random],
      )
      .inSingletonScope()
  }
  bind(RegisterAccount)
    .toResolvedValue(
      (unitOfWork, hasher, tokens, clock, random) =>
        new RegisterAccount(unitOfWork, hasher, tokens, clock, random),
      [Writes, PasswordHasher, TokenIssuer, Clock, Random],
    )
    .inSingletonScope()
  bind(LogIn)
    .toResolvedValue(
      (transactions, hasher, tokens) => new LogIn(transactions, hasher, tokens),
      [Transactions, PasswordHasher, TokenIssuer],
    )
    .inSingletonScope()
  bind(Identify)
    .toResolvedValue((views, tokens) => new Identify(views, tokens), [Reads, TokenIssuer])
    .inSingletonScope()
  bind(GetAccount)
    .toResolvedValue((transactions) => new GetAccount(transactions), [Transactions])
    .inSingletonScope()
  bind(ChangePassword)
    .toResolvedValue(
      (transactions, unitOfWork, hasher, tokens) =>
        new ChangePassword(transactions, unitOfWork, hasher, tokens),
      [Transactions, Writes, PasswordHasher, TokenIssuer],
    )
    .inSingletonScope()
  bind(SignOutEverywhere)
    .toResolvedValue((unitOfWork) => new SignOutEverywhere(unitOfWork), [Writes])
    .inSingletonScope()
})
