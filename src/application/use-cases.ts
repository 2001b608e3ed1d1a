import { ACCOUNT_DETAIL, ChangePassword, GetAccount, UpdateAccount } from './accounts/account-settings.ts'
import { DeleteAccount } from './accounts/delete-account.ts'
import { MakeResetLink, RequestPasswordReset, ResetPassword } from './accounts/password-resets.ts'
import { RegisterAccount } from './accounts/register-account.ts'
import { ACCOUNT_SESSION, Identify, LogIn, SignOutEverywhere } from './accounts/sessions.ts'
import { GetApplication, ListApplications, ListOwnApplications } from './applications/application-reads.ts'
import { ApplyToMarket } from './applications/apply-to-market.ts'
import {
  AcceptApplication,
  RejectApplication,
  RemoveVendor,
  WaitlistApplication,
  WithdrawApplication,
} from './applications/decisions.ts'
import { AssignMarket } from './markets/assign-market.ts'
import { CreateMarket } from './markets/create-market.ts'
import { DeleteMarket } from './markets/delete-market.ts'
import { EndImport } from './markets/end-import.ts'
import { ImportMarkets } from './markets/import-markets.ts'
import {
  GetMarket,
  GetMarketStats,
  ListDays,
  ListMarkets,
  ListOwnMarkets,
  MARKET_ZONE,
} from './markets/market-reads.ts'
import { ChangeDay, ScheduleMarket } from './markets/schedule-market.ts'
import { UpdateMarket } from './markets/update-market.ts'
import { GetOrganizerDashboard } from './organizers/organizer-reads.ts'
import {
  BrowseMarkets,
  BrowseVendors,
  PAGE_ZONE,
  ShowCalendar,
  ShowMarket,
  ShowSitemap,
  ShowSitemapPart,
  ShowVendor,
} from './pages/page-reads.ts'
import { UpdateVendor } from './vendors/update-vendor.ts'
import { GetVendor, GetVendorDashboard, ListVendors } from './vendors/vendor-reads.ts'

/** What can be read, each row a view that is cached. */
export const READS = {
  listMarkets: ListMarkets,
  getMarket: GetMarket,
  getMarketStats: GetMarketStats,
  listDays: ListDays,
  listOwnMarkets: ListOwnMarkets,
  listApplications: ListApplications,
  listOwnApplications: ListOwnApplications,
  getApplication: GetApplication,
  listVendors: ListVendors,
  getVendor: GetVendor,
  getVendorDashboard: GetVendorDashboard,
  getOrganizerDashboard: GetOrganizerDashboard,
  browseMarkets: BrowseMarkets,
  showMarket: ShowMarket,
  showCalendar: ShowCalendar,
  browseVendors: BrowseVendors,
  showVendor: ShowVendor,
  showSitemap: ShowSitemap,
  showSitemapPart: ShowSitemapPart,
}

/** What can be written. The coverage property performs every one of these. */
export const WRITES = {
  register: RegisterAccount,
  changePassword: ChangePassword,
  updateAccount: UpdateAccount,
  deleteAccount: DeleteAccount,
  signOutEverywhere: SignOutEverywhere,
  requestPasswordReset: RequestPasswordReset,
  makeResetLink: MakeResetLink,
  resetPassword: ResetPassword,
  createMarket: CreateMarket,
  updateMarket: UpdateMarket,
  deleteMarket: DeleteMarket,
  scheduleMarket: ScheduleMarket,
  changeDay: ChangeDay,
  importMarkets: ImportMarkets,
  endImport: EndImport,
  assignMarket: AssignMarket,
  applyToMarket: ApplyToMarket,
  acceptApplication: AcceptApplication,
  rejectApplication: RejectApplication,
  waitlistApplication: WaitlistApplication,
  removeVendor: RemoveVendor,
  withdrawApplication: WithdrawApplication,
  updateVendor: UpdateVendor,
}

/**
 * Everything that can be asked of Marketflow. The container's bindings, the HTTP interface, the API's document and what
 * operators have explained are made from it.
 */
export const USE_CASES = { ...READS, ...WRITES, identify: Identify, logIn: LogIn, getAccount: GetAccount }

/** Every use case with what it needs, ready to be asked. */
export type Application = {
  readonly [Name in keyof typeof USE_CASES]: ReturnType<(typeof USE_CASES)[Name]>
}

/** Every view that is cached. */
export const VIEWS = [
  ...Object.values(READS).map(({ view }) => view),
  ACCOUNT_DETAIL,
  ACCOUNT_SESSION,
  MARKET_ZONE,
  PAGE_ZONE,
]

/** The longest TTL of any view, in seconds, before jitter. */
export const LONGEST_TTL_S = Math.max(...VIEWS.map(({ ttlS }) => ttlS))
