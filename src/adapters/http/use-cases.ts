import type { ChangePassword } from '../../application/accounts/change-password.ts'
import type { GetAccount } from '../../application/accounts/get-account.ts'
import type { Identify } from '../../application/accounts/identify.ts'
import type { LogIn } from '../../application/accounts/log-in.ts'
import type { RegisterAccount } from '../../application/accounts/register-account.ts'
import type { SignOutEverywhere } from '../../application/accounts/sign-out-everywhere.ts'
import type { AcceptApplication } from '../../application/applications/accept-application.ts'
import type { ApplyToMarket } from '../../application/applications/apply-to-market.ts'
import type { ListApplications } from '../../application/applications/list-applications.ts'
import type { RejectApplication } from '../../application/applications/reject-application.ts'
import type { WaitlistApplication } from '../../application/applications/waitlist-application.ts'
import type { WithdrawApplication } from '../../application/applications/withdraw-application.ts'
import type { CreateMarket } from '../../application/markets/create-market.ts'
import type { GetMarket } from '../../application/markets/get-market.ts'
import type { GetMarketStats } from '../../application/markets/get-market-stats.ts'
import type { ListMarkets } from '../../application/markets/list-markets.ts'
import type { UpdateMarket } from '../../application/markets/update-market.ts'
import type { GetOrganizerDashboard } from '../../application/organizers/get-organizer-dashboard.ts'
import type { BrowseMarkets } from '../../application/pages/browse-markets.ts'
import type { ShowMarket } from '../../application/pages/show-market.ts'
import type { ShowSitemap } from '../../application/pages/show-sitemap.ts'
import type { GetVendor } from '../../application/vendors/get-vendor.ts'
import type { GetVendorDashboard } from '../../application/vendors/get-vendor-dashboard.ts'
import type { UpdateVendor } from '../../application/vendors/update-vendor.ts'

/** What HTTP needs of a use case. Without the private fields of the class, so that a test can stand in for it. */
type Executes<UseCase extends { execute: unknown }> = Pick<UseCase, 'execute'>

/** Everything that can be asked of Marketflow over HTTP. */
export interface UseCases {
  readonly registerAccount: Executes<RegisterAccount>
  readonly logIn: Executes<LogIn>
  readonly identify: Executes<Identify>
  readonly getAccount: Executes<GetAccount>
  readonly changePassword: Executes<ChangePassword>
  readonly signOutEverywhere: Executes<SignOutEverywhere>
  readonly listMarkets: Executes<ListMarkets>
  readonly getMarket: Executes<GetMarket>
  readonly getMarketStats: Executes<GetMarketStats>
  readonly createMarket: Executes<CreateMarket>
  readonly updateMarket: Executes<UpdateMarket>
  readonly listApplications: Executes<ListApplications>
  readonly applyToMarket: Executes<ApplyToMarket>
  readonly acceptApplication: Executes<AcceptApplication>
  readonly rejectApplication: Executes<RejectApplication>
  readonly waitlistApplication: Executes<WaitlistApplication>
  readonly withdrawApplication: Executes<WithdrawApplication>
  readonly getVendor: Executes<GetVendor>
  readonly getVendorDashboard: Executes<GetVendorDashboard>
  readonly updateVendor: Executes<UpdateVendor>
  readonly getOrganizerDashboard: Executes<GetOrganizerDashboard>
  readonly browseMarkets: Executes<BrowseMarkets>
  readonly showMarket: Executes<ShowMarket>
  readonly showSitemap: Executes<ShowSitemap>
}
