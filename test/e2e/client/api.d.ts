// Made from the API's document: `npm run api:client` makes it anew.

export interface paths {
    readonly "/markets": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * List active markets
         * @description By name as people sort, without case, accents and punctuation. Each place, date, word and product narrows the list. Dates are those where a market stands, from yesterday to 370 days ahead. Near a point, the nearest come first; up to `complete_to_km` none is missing.
         */
        readonly get: operations["listMarkets"];
        readonly put?: never;
        /**
         * Create a market
         * @description It begins as a draft, which only its organizer sees.
         */
        readonly post: operations["createMarket"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/markets/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Get a market with its vendors
         * @description A draft is found by its organizer alone.
         */
        readonly get: operations["getMarket"];
        /**
         * Change a market
         * @description What is not given stays. For its organizer.
         */
        readonly put: operations["updateMarket"];
        readonly post?: never;
        /**
         * Delete a draft
         * @description For its organizer. Anything but a draft has been seen by others: close it instead.
         */
        readonly delete: operations["deleteMarket"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a market
         * @description What is not given stays. For its organizer.
         */
        readonly patch: operations["patchMarket"];
        readonly trace?: never;
    };
    readonly "/markets/{id}/seasons": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /**
         * Say when a market opens
         * @description Instead of what was said before: its days are made anew. What was said of a single date stays, where it is still one of its days. No two seasons share a date.
         */
        readonly put: operations["scheduleMarket"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/markets/{id}/days": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * List the days on which a market opens
         * @description Cancelled ones, too. Those of a draft are found by its organizer alone.
         */
        readonly get: operations["listDays"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/markets/{id}/days/{date}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        /**
         * Change one of a market’s days
         * @description A holiday, a storm. What is not given stays. For its organizer.
         */
        readonly patch: operations["changeDay"];
        readonly trace?: never;
    };
    readonly "/me/markets": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * List the markets of the organizer that the token belongs to
         * @description Drafts and closed ones, too; newest first.
         */
        readonly get: operations["listOwnMarkets"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/markets/{id}/stats": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Count a market’s vendors, applications and stalls
         * @description Those of a draft are found by its organizer alone.
         */
        readonly get: operations["getMarketStats"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/vendors": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * List those who sell at active markets
         * @description By name as people sort. Up to 200 are counted; of more, `total_is_minimum` says so.
         */
        readonly get: operations["listVendors"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/vendors/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Get a vendor’s profile with its markets */
        readonly get: operations["getVendor"];
        /**
         * Change a vendor’s profile
         * @description What is not given stays. For that vendor.
         */
        readonly put: operations["updateVendor"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        /**
         * Change a vendor’s profile
         * @description What is not given stays. For that vendor.
         */
        readonly patch: operations["patchVendor"];
        readonly trace?: never;
    };
    readonly "/vendors/{id}/dashboard": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Get a vendor’s applications and markets
         * @description For that vendor.
         */
        readonly get: operations["getVendorDashboard"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/organizers/{id}/dashboard": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Get an organizer’s numbers and newest applications
         * @description For that organizer.
         */
        readonly get: operations["getOrganizerDashboard"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/markets/{id}/applications": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * List a market’s applications
         * @description For its organizer: newest first, and those that are waitlisted in the order of waitlisting.
         */
        readonly get: operations["listApplications"];
        readonly put?: never;
        /**
         * Apply to a market
         * @description A vendor has at most one live application at a market, and only active markets take any.
         */
        readonly post: operations["applyToMarket"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/me/applications": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * List the applications of the vendor that the token belongs to
         * @description Newest first.
         */
        readonly get: operations["listOwnApplications"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/applications/{id}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Get an application
         * @description For its vendor and its market’s organizer, each of whom is told how to reach the other.
         */
        readonly get: operations["getApplication"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/applications/{id}/accept": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Accept an application that is pending or waitlisted
         * @description However many are accepted at once, a market never has more vendors than stalls.
         */
        readonly post: operations["acceptApplication"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/applications/{id}/reject": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Reject an application that is pending or waitlisted */
        readonly post: operations["rejectApplication"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/applications/{id}/waitlist": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Put a pending application on the waiting list */
        readonly post: operations["waitlistApplication"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/applications/{id}/remove": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Let a vendor go that was accepted
         * @description Frees the stall. The application becomes `rejected`, with a `reason` that its vendor reads.
         */
        readonly post: operations["removeVendor"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/applications/{id}/withdraw": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Withdraw one’s own application
         * @description From `accepted`, it frees the stall.
         */
        readonly post: operations["withdrawApplication"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/auth/register": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Register an organizer or a vendor */
        readonly post: operations["register"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/auth/login": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Log in */
        readonly post: operations["logIn"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/me": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Get the account that the token belongs to */
        readonly get: operations["getAccount"];
        readonly put?: never;
        readonly post?: never;
        /**
         * Delete the account
         * @description Takes the present password; a wrong one is `forbidden`. An organizer closes its markets first: these stay, with a former organizer, and drafts go. A vendor’s applications are withdrawn, and stay with their markets as those of a former vendor, without their messages. No token of the account is good on any instance once this is answered.
         */
        readonly delete: operations["deleteAccount"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Change the account’s name or e-mail address
         * @description What is not given stays. Another address takes the present password; a wrong one is `forbidden`. Every session goes on.
         */
        readonly patch: operations["updateAccount"];
        readonly trace?: never;
    };
    readonly "/me/password": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /**
         * Change the password
         * @description Ends every session of the account but the one it answers with. A wrong password is `forbidden`.
         */
        readonly put: operations["changePassword"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/password-resets": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Ask for a link by mail, where the password was forgotten
         * @description If an account has the address, a mail with a link is on its way, which is good for 30 minutes. The answer is the same if none has. Where the service sends no mail, its operator can make a link.
         */
        readonly post: operations["requestPasswordReset"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/password-resets/use": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Set another password by the secret of a link
         * @description Works once, and ends every session of the account but the one it answers with.
         */
        readonly post: operations["resetPassword"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/auth/sign-out-everywhere": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * End every session of the account
         * @description No token of it is good on any instance once this is answered.
         */
        readonly post: operations["signOutEverywhere"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/healthz": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Is it alive? */
        readonly get: operations["checkHealth"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/readyz": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Is it ready for traffic?
         * @description It is while the database answers. The cache’s state is told, and never decides.
         */
        readonly get: operations["checkReadiness"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/metrics": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Get everything counted, for Prometheus
         * @description From another machine only with `METRICS_TOKEN`, as a bearer token.
         */
        readonly get: operations["getMetrics"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/openapi.json": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Get this document
         * @description People read it at `/docs`.
         */
        readonly get: operations["getDocument"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        readonly Account: {
            /**
             * Format: uuid
             * @description An organizer’s is the organizer’s id.
             */
            readonly id: string;
            readonly email: string;
            readonly name: string;
            /** @enum {string} */
            readonly role: "organizer" | "vendor";
            /**
             * Format: uuid
             * @description The vendor that the account trades as. Organizers have none.
             */
            readonly vendor_id?: string;
        };
        readonly AccountChanges: {
            readonly name?: string;
            /** Format: email */
            readonly email?: string;
            /** Format: password */
            readonly current_password?: string;
        };
        readonly AccountDeletion: {
            /** Format: password */
            readonly current_password: string;
        };
        readonly Application: {
            /** Format: uuid */
            readonly id: string;
            /** Format: uuid */
            readonly market_id: string;
            readonly market_name: string;
            /** Format: uuid */
            readonly vendor_id: string;
            readonly business_name: string;
            /** @enum {string} */
            readonly status: "pending" | "waitlisted" | "accepted" | "rejected" | "withdrawn";
            readonly message: string;
            /** @description Why the organizer took the stall of a vendor that was accepted; null of all others. */
            readonly reason: string | null;
            /** @description On the market’s waiting list, from 1, in the order of waitlisting; null of all others. */
            readonly waiting_position: number | null;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            readonly created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            readonly updated_at: string;
        };
        readonly ApplicationDetail: {
            /** Format: uuid */
            readonly id: string;
            /** Format: uuid */
            readonly market_id: string;
            readonly market_name: string;
            /** Format: uuid */
            readonly vendor_id: string;
            readonly business_name: string;
            /** @enum {string} */
            readonly status: "pending" | "waitlisted" | "accepted" | "rejected" | "withdrawn";
            readonly message: string;
            /** @description Why the organizer took the stall of a vendor that was accepted; null of all others. */
            readonly reason: string | null;
            /** @description On the market’s waiting list, from 1, in the order of waitlisting; null of all others. */
            readonly waiting_position: number | null;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            readonly created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            readonly updated_at: string;
            /** @description Who to write to on the other side: a vendor is told its organizer, and an organizer its vendor. */
            readonly contact: {
                readonly name: string;
                readonly email: string;
            } | null;
        };
        readonly ApplicationList: {
            readonly applications: readonly components["schemas"]["Application"][];
            /** @description On all pages. */
            readonly total: number;
            readonly page: number;
            readonly page_size: number;
        };
        readonly DayChanges: {
            /** @description By the market’s clock. */
            readonly opens?: string;
            /** @description Not after `opens`: on the next day. */
            readonly closes?: string;
            /** @enum {string} */
            readonly status?: "planned" | "cancelled";
            /** @description For visitors: why it is cancelled, what is special. */
            readonly note?: string;
        };
        readonly Document: {
            readonly openapi: string;
        } & {
            readonly [key: string]: unknown;
        };
        readonly Health: {
            /** @constant */
            readonly status: "ok";
        };
        readonly Login: {
            /** Format: email */
            readonly email: string;
            /** Format: password */
            readonly password: string;
        };
        readonly MarketChanges: {
            readonly name?: string;
            readonly city?: string;
            readonly street?: string;
            /** @description State, province or canton, as the country’s addresses have it: `IL`, `Ontario`, `ZH`. */
            readonly region?: string;
            readonly postcode?: string;
            /** @description ISO 3166-1 alpha-2, or an empty text. */
            readonly country?: string;
            /** @description Degrees north; null, or together with the longitude. */
            readonly latitude?: number | null;
            /** @description Degrees east; null, or together with the latitude. */
            readonly longitude?: number | null;
            /** @description The market’s, by its IANA name, such as `America/Chicago`, or an empty text. */
            readonly time_zone?: string;
            /** @description An http or https URL, or an empty text for none. */
            readonly website?: string;
            readonly description?: string;
            /** @description Never below the vendors already accepted. */
            readonly stall_count?: number;
            /**
             * @description `draft` → `active` → `closed` → `active` → …
             * @enum {string}
             */
            readonly status?: "draft" | "active" | "closed";
        };
        readonly MarketDay: {
            /** Format: date */
            readonly date: string;
            /** @description `HH:MM` by the market’s clock. */
            readonly opens: string;
            /** @description Not after `opens`: on the next day. */
            readonly closes: string;
            /** Format: date-time */
            readonly opens_at: string;
            /** Format: date-time */
            readonly closes_at: string;
            /** @enum {string} */
            readonly status: "planned" | "cancelled";
            readonly note: string;
        };
        readonly MarketDays: {
            /** Format: uuid */
            readonly market_id: string;
            readonly time_zone: string;
            readonly days: readonly components["schemas"]["MarketDay"][];
        };
        readonly MarketDetail: {
            /** Format: uuid */
            readonly id: string;
            /** @description The last part of the address of the market’s public page, `/m/{slug}`. Unique. */
            readonly slug: string;
            readonly name: string;
            readonly city: string;
            /** @description State, province or canton, as the country’s addresses have it; empty where it is not known. */
            readonly region: string;
            /** @description ISO 3166-1 alpha-2; empty where it is not known. */
            readonly country: string;
            /** @description An IANA name such as `America/Chicago`; empty where it is not known. */
            readonly time_zone: string;
            /** @description Null of an unclaimed market: no directory tells it. */
            readonly stall_count: number | null;
            /** @description Vendors accepted. Never more than `stall_count`. */
            readonly vendor_count: number;
            /** @description Whether a public directory lists it and it has no organizer here: it takes no applications. */
            readonly unclaimed: boolean;
            readonly street: string;
            readonly postcode: string;
            /** @description Degrees north; null where it is not known. */
            readonly latitude: number | null;
            /** @description Degrees east. */
            readonly longitude: number | null;
            readonly website: string;
            readonly description: string;
            /** @description From which its days were made. */
            readonly seasons: readonly components["schemas"]["Season"][];
            /** @enum {string} */
            readonly status: "draft" | "active" | "closed";
            /** @description Null of an unclaimed market. */
            readonly organizer: {
                /** Format: uuid */
                readonly id: string;
                readonly name: string;
            } | null;
            /** @description Null of a market that no directory lists. */
            readonly listing: {
                readonly listed_by: string;
                /** @description When the directory last changed it: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`; null if unknown. */
                readonly updated_on: string | null;
                /** @description Seasons as they are listed, past ones too, each with its hours by the market’s clock. */
                readonly hours: readonly {
                    /** @description `YYYY-MM-DD` or `YYYY-MM`; of every year `--MM-DD` or `--MM`; null where nothing is said. */
                    readonly from: string | null;
                    /** @description `YYYY-MM-DD` or `YYYY-MM`; of every year `--MM-DD` or `--MM`; null where nothing is said. */
                    readonly to: string | null;
                    readonly weekly: readonly {
                        /** @enum {string} */
                        readonly weekday: "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";
                        readonly opens: string;
                        readonly closes: string;
                    }[];
                    /** @description What could not be understood, as it is written there. */
                    readonly words: string | null;
                }[];
                readonly products: readonly string[];
                /** @description What is taken beside cash. */
                readonly payment: readonly string[];
            } | null;
            readonly vendors: readonly {
                /** Format: uuid */
                readonly id: string;
                readonly business_name: string;
                readonly category: string;
                /** @description What it sells, in the words that `product` of `GET /markets` takes. */
                readonly products: readonly string[];
            }[];
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            readonly created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            readonly updated_at: string;
        };
        readonly MarketList: {
            readonly markets: readonly components["schemas"]["MarketSummary"][];
            /** @description Near a point: up to here no market is missing. Less than `radius_km` where so many are near that some are left out. */
            readonly complete_to_km?: number;
            /**
             * @description Where there are more than `total`: of such a list no more are counted.
             * @constant
             */
            readonly total_is_minimum?: true;
            /** @description Leads to the next page, as the `Link` does. Absent on the last one. */
            readonly next_cursor?: string;
            /** @description On all pages. */
            readonly total: number;
            /** @description Absent where a cursor was asked for. */
            readonly page?: number;
            readonly page_size: number;
        };
        readonly MarketStats: {
            /** Format: uuid */
            readonly market_id: string;
            readonly vendor_count: number;
            readonly pending_applications: number;
            readonly waitlisted_applications: number;
            /** @description Null of an unclaimed market: no directory tells it. */
            readonly stall_count: number | null;
            /** @description Null of an unclaimed market. */
            readonly open_stalls: number | null;
        };
        readonly MarketSummary: {
            /** Format: uuid */
            readonly id: string;
            /** @description The last part of the address of the market’s public page, `/m/{slug}`. Unique. */
            readonly slug: string;
            readonly name: string;
            readonly city: string;
            /** @description State, province or canton, as the country’s addresses have it; empty where it is not known. */
            readonly region: string;
            /** @description ISO 3166-1 alpha-2; empty where it is not known. */
            readonly country: string;
            /** @description An IANA name such as `America/Chicago`; empty where it is not known. */
            readonly time_zone: string;
            /** @description Null of an unclaimed market: no directory tells it. */
            readonly stall_count: number | null;
            /** @description Vendors accepted. Never more than `stall_count`. */
            readonly vendor_count: number;
            /** @description Whether a public directory lists it and it has no organizer here: it takes no applications. */
            readonly unclaimed: boolean;
            /** @description What a directory says is sold there; who sells there is not asked. */
            readonly listed_products: readonly string[];
            /** @description Of the dates that were asked for, those on which it is open. */
            readonly days?: readonly components["schemas"]["OpenDay"][];
            /** @description Degrees north; null where it is not known. */
            readonly latitude?: number | null;
            /** @description Degrees east. */
            readonly longitude?: number | null;
            /** @description From the point that was asked for, as the crow flies, to a tenth. */
            readonly distance_km?: number;
        };
        /** @description In the text format of Prometheus. */
        readonly Metrics: string;
        readonly NewApplication: {
            /** @default  */
            readonly message?: string;
        };
        readonly NewMarket: {
            readonly name: string;
            readonly city: string;
            readonly street?: string;
            /** @description State, province or canton, as the country’s addresses have it: `IL`, `Ontario`, `ZH`. */
            readonly region?: string;
            readonly postcode?: string;
            /** @description ISO 3166-1 alpha-2, or an empty text. */
            readonly country?: string;
            /** @description Degrees north; null, or together with the longitude. */
            readonly latitude?: number | null;
            /** @description Degrees east; null, or together with the latitude. */
            readonly longitude?: number | null;
            /** @description The market’s, by its IANA name, such as `America/Chicago`, or an empty text. */
            readonly time_zone?: string;
            /** @description An http or https URL, or an empty text for none. */
            readonly website?: string;
            readonly description?: string;
            /** @description Never below the vendors already accepted. */
            readonly stall_count: number;
            /** @description Names the public page, `/m/{slug}`. Without one, it is made of name and city, and of the region where that is taken. */
            readonly slug?: string;
        };
        readonly NewSeason: {
            /**
             * @description Such as `Summer`; may be empty.
             * @default
             */
            readonly name?: string;
            /**
             * Format: date
             * @description The first date, where the market stands.
             * @example 2026-05-02
             */
            readonly from: string;
            /**
             * Format: date
             * @description The last date: at most 400 days.
             * @example 2026-05-02
             */
            readonly to: string;
            readonly weekly: readonly {
                /** @enum {string} */
                readonly weekday: "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";
                /** @description By the market’s clock. */
                readonly opens: string;
                /** @description Not after `opens`: on the next day. */
                readonly closes: string;
            }[];
        };
        /** @description By the market’s clock, and as instants. */
        readonly OpenDay: {
            /** Format: date */
            readonly date: string;
            /** @description `HH:MM` by the market’s clock. */
            readonly opens: string;
            /** @description Not after `opens`: on the next day. */
            readonly closes: string;
            /** Format: date-time */
            readonly opens_at: string;
            /** Format: date-time */
            readonly closes_at: string;
        };
        readonly OrganizerDashboard: {
            /** Format: uuid */
            readonly organizer_id: string;
            readonly markets: {
                readonly draft: number;
                readonly active: number;
                readonly closed: number;
            };
            readonly pending_applications: number;
            /** @description Distinct vendors accepted at any of the organizer’s markets. */
            readonly vendors: number;
            /** @description The ten newest, newest first. */
            readonly recent_applications: readonly components["schemas"]["Application"][];
        };
        readonly OrganizerRegistration: {
            /** Format: email */
            readonly email: string;
            /** Format: password */
            readonly password: string;
            readonly name: string;
            /** @constant */
            readonly role: "organizer";
        };
        readonly OwnMarket: {
            /** Format: uuid */
            readonly id: string;
            /** @description The last part of the address of the market’s public page, `/m/{slug}`. Unique. */
            readonly slug: string;
            readonly name: string;
            readonly city: string;
            /** @description State, province or canton, as the country’s addresses have it; empty where it is not known. */
            readonly region: string;
            /** @description ISO 3166-1 alpha-2; empty where it is not known. */
            readonly country: string;
            /** @description An IANA name such as `America/Chicago`; empty where it is not known. */
            readonly time_zone: string;
            /** @description Null of an unclaimed market: no directory tells it. */
            readonly stall_count: number | null;
            /** @description Vendors accepted. Never more than `stall_count`. */
            readonly vendor_count: number;
            /** @description Whether a public directory lists it and it has no organizer here: it takes no applications. */
            readonly unclaimed: boolean;
            /** @enum {string} */
            readonly status: "draft" | "active" | "closed";
            readonly pending_applications: number;
            readonly waitlisted_applications: number;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            readonly created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            readonly updated_at: string;
        };
        readonly OwnMarketList: {
            readonly markets: readonly components["schemas"]["OwnMarket"][];
            /** @description On all pages. */
            readonly total: number;
            readonly page: number;
            readonly page_size: number;
        };
        readonly PasswordChange: {
            /** Format: password */
            readonly current_password: string;
            /** Format: password */
            readonly new_password: string;
        };
        readonly PasswordReset: {
            /** Format: password */
            readonly secret: string;
            /** Format: password */
            readonly new_password: string;
        };
        readonly PasswordResetRequest: {
            /** Format: email */
            readonly email: string;
        };
        readonly Problem: {
            /** @description `urn:marketflow:problem:` and the code. */
            readonly type: string;
            readonly title: string;
            readonly status: number;
            readonly detail: string;
            /**
             * @description What went wrong. Stable: the part to act upon.
             * @enum {string}
             */
            readonly code: "validation-failed" | "unauthenticated" | "forbidden" | "market-not-found" | "vendor-not-found" | "organizer-not-found" | "account-not-found" | "application-not-found" | "day-not-found" | "market-full" | "precondition-failed" | "idempotency-key-reused" | "email-taken" | "slug-taken" | "already-applied" | "market-not-active" | "market-unclaimed" | "market-claimed" | "time-zone-missing" | "not-a-draft" | "wrong-status" | "stalls-taken" | "market-active" | "reset-link-void" | "no-mail" | "password-changed" | "malformed-json" | "unsupported-media-type" | "payload-too-large" | "uri-too-long" | "route-not-found" | "method-not-allowed" | "rate-limited" | "database-unavailable" | "cache-unavailable" | "overloaded" | "internal";
            /** @description A URN of this request, for the log. */
            readonly instance: string;
            /** @description Every field that is to blame; always there where the code is `validation-failed`. */
            readonly errors?: readonly {
                /** @description Dotted: `stall_count`, `query.page`. */
                readonly path: string;
                /** @description What was expected there. */
                readonly message: string;
            }[];
        };
        readonly Readiness: {
            /**
             * @description This alone decides.
             * @enum {string}
             */
            readonly database: "reachable" | "unreachable";
            /** @description What keeps PostgreSQL from serving this instance, such as `refused` or `disk-full`. */
            readonly database_cause: string | null;
            /** @description Without it all works, slower. */
            readonly cache: {
                /** @description The adapter’s: `tiered`, `near`, `redis`, `redis-cluster`, `lru`, `null`, or your own. */
                readonly name: string;
                /** @description False also while it is there and does not do its work. */
                readonly connected: boolean;
                /** @enum {string} */
                readonly breaker: "closed" | "open" | "half-open" | "none";
                /** @description Why reads bypass it, in a word, such as `MISCONF` or `timeout`. The log and `/admin` say more. */
                readonly problem?: string;
            };
            /** @description Whether this instance may use the cache now, and since when, in milliseconds. */
            readonly lease: {
                readonly held: boolean;
                readonly age_ms: number | null;
            };
            /** @description Instances with a cache of their own, which every write waits for. */
            readonly holders: readonly {
                readonly id: string;
                /**
                 * @description `lost`: its connection has ended. `retired`: writes wait a lease out for it.
                 * @enum {string}
                 */
                readonly state: "active" | "lost" | "retired";
                /** @description Since its last acknowledgement. */
                readonly acknowledged_ms: number | null;
            }[];
            /** @description Rows of the log that the last drain could not apply. */
            readonly invalidations: {
                readonly pending: number;
            };
        };
        readonly Registration: components["schemas"]["OrganizerRegistration"] | components["schemas"]["VendorRegistration"];
        readonly Removal: {
            /** @description Shown to the vendor. */
            readonly reason: string;
        };
        readonly Schedule: {
            readonly seasons: readonly components["schemas"]["NewSeason"][];
        };
        readonly Season: {
            readonly name: string;
            /** Format: date */
            readonly from: string;
            /** Format: date */
            readonly to: string;
            readonly weekly: readonly {
                /** @enum {string} */
                readonly weekday: "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";
                /** @description `HH:MM` by the market’s clock. */
                readonly opens: string;
                /** @description Not after `opens`: on the next day. */
                readonly closes: string;
            }[];
        };
        readonly SignedIn: {
            readonly account: components["schemas"]["Account"];
            /** @description Goes into `Authorization: Bearer …`. */
            readonly token: string;
            /**
             * Format: date-time
             * @description Until when the token is good; it may be revoked before.
             */
            readonly expires_at: string;
        };
        readonly VendorChanges: {
            readonly business_name?: string;
            readonly category?: string;
            readonly description?: string;
            /** @description An http or https URL, or an empty text for none. */
            readonly website?: string;
            /** @description All that it sells. */
            readonly products?: readonly ("vegetables" | "fruit" | "herbs" | "mushrooms" | "beans" | "grains" | "eggs" | "cheese" | "meat" | "poultry" | "seafood" | "baked goods" | "honey" | "jams" | "maple syrup" | "nuts" | "coffee" | "juices" | "wine" | "tofu" | "wild-harvested food" | "prepared food" | "flowers" | "plants" | "nursery stock" | "trees" | "crafts" | "soap" | "pet food")[];
        };
        readonly VendorDashboard: {
            /** Format: uuid */
            readonly vendor_id: string;
            readonly applications: {
                readonly pending: number;
                readonly waitlisted: number;
                readonly accepted: number;
                readonly rejected: number;
                readonly withdrawn: number;
            };
            /** @description Every market that accepted it, whatever its status, by name then id. */
            readonly markets: readonly {
                /** Format: uuid */
                readonly id: string;
                readonly slug: string;
                readonly name: string;
                readonly city: string;
                /** @description State, province or canton, as the country’s addresses have it; empty where it is not known. */
                readonly region: string;
                /** @description ISO 3166-1 alpha-2; empty where it is not known. */
                readonly country: string;
                /** @enum {string} */
                readonly status: "draft" | "active" | "closed";
            }[];
        };
        readonly VendorList: {
            readonly vendors: readonly components["schemas"]["VendorSummary"][];
            /**
             * @description Where there are more than `total`: of such a list no more are counted.
             * @constant
             */
            readonly total_is_minimum?: true;
            /** @description Leads to the next page, as the `Link` does. Absent on the last one. */
            readonly next_cursor?: string;
            /** @description On all pages. */
            readonly total: number;
            /** @description Absent where a cursor was asked for. */
            readonly page?: number;
            readonly page_size: number;
        };
        readonly VendorProfile: {
            /** Format: uuid */
            readonly id: string;
            readonly business_name: string;
            readonly category: string;
            readonly description: string;
            readonly website: string;
            /** @description What it sells, in the words that `product` of `GET /markets` takes. */
            readonly products: readonly string[];
            /** @description Active markets that accepted it, by name then id. */
            readonly markets: readonly {
                /** Format: uuid */
                readonly id: string;
                readonly slug: string;
                readonly name: string;
                readonly city: string;
                /** @description State, province or canton, as the country’s addresses have it; empty where it is not known. */
                readonly region: string;
                /** @description ISO 3166-1 alpha-2; empty where it is not known. */
                readonly country: string;
            }[];
        };
        readonly VendorRegistration: {
            /** Format: email */
            readonly email: string;
            /** Format: password */
            readonly password: string;
            readonly name: string;
            /** @constant */
            readonly role: "vendor";
            readonly business_name: string;
            readonly category?: string;
            /** @description What it sells. */
            readonly products?: readonly ("vegetables" | "fruit" | "herbs" | "mushrooms" | "beans" | "grains" | "eggs" | "cheese" | "meat" | "poultry" | "seafood" | "baked goods" | "honey" | "jams" | "maple syrup" | "nuts" | "coffee" | "juices" | "wine" | "tofu" | "wild-harvested food" | "prepared food" | "flowers" | "plants" | "nursery stock" | "trees" | "crafts" | "soap" | "pet food")[];
        };
        readonly VendorSummary: {
            /** Format: uuid */
            readonly id: string;
            readonly business_name: string;
            readonly category: string;
            readonly description: string;
            /** @description What it sells, in the words that `product` of `GET /markets` takes. */
            readonly products: readonly string[];
            /** @description Active markets that it sells at. */
            readonly market_count: number;
        };
    };
    responses: {
        /** @description The database is out of reach (`database-unavailable`). Something went wrong on our side (`internal`). The service is overloaded (`overloaded`). The body is too large (`payload-too-large`). Too many requests (`rate-limited`). The body must be application/json (`unsupported-media-type`). The URL is too long (`uri-too-long`). */
        readonly Anywhere: {
            headers: {
                readonly "Retry-After": components["headers"]["Retry-After"];
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 503 | 500 | 413 | 429 | 415 | 414;
                    /** @enum {unknown} */
                    readonly code?: "database-unavailable" | "internal" | "overloaded" | "payload-too-large" | "rate-limited" | "unsupported-media-type" | "uri-too-long";
                };
            };
        };
        /** @description A valid token is required (`unauthenticated`). */
        readonly Unauthenticated: {
            headers: {
                readonly "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 401;
                    /** @enum {unknown} */
                    readonly code?: "unauthenticated";
                };
            };
        };
        /** @description The request is not valid (`validation-failed`). */
        readonly ValidationFailed: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 400;
                    /** @enum {unknown} */
                    readonly code?: "validation-failed";
                };
            };
        };
        /** @description This account may not do that (`forbidden`). */
        readonly Forbidden: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 403;
                    /** @enum {unknown} */
                    readonly code?: "forbidden";
                };
            };
        };
        /** @description Something else was asked under this Idempotency-Key (`idempotency-key-reused`). */
        readonly IdempotencyKeyReused: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 422;
                    /** @enum {unknown} */
                    readonly code?: "idempotency-key-reused";
                };
            };
        };
        /** @description The body is not valid JSON (`malformed-json`). The request is not valid (`validation-failed`). */
        readonly MalformedJsonOrValidationFailed: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 400;
                    /** @enum {unknown} */
                    readonly code?: "malformed-json" | "validation-failed";
                };
            };
        };
        /** @description A market with this slug exists already (`slug-taken`). */
        readonly SlugTaken: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 409;
                    /** @enum {unknown} */
                    readonly code?: "slug-taken";
                };
            };
        };
        /** @description There is no such market (`market-not-found`). */
        readonly MarketNotFound: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 404;
                    /** @enum {unknown} */
                    readonly code?: "market-not-found";
                };
            };
        };
        /** @description It has changed since the client saw it (`precondition-failed`). */
        readonly PreconditionFailed: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 412;
                    /** @enum {unknown} */
                    readonly code?: "precondition-failed";
                };
            };
        };
        /** @description More vendors are accepted than there would be stalls (`stalls-taken`). A market with seasons has a time zone (`time-zone-missing`). The current status does not allow that (`wrong-status`). */
        readonly StallsTakenOrTimeZoneMissingOrWrongStatus: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 409;
                    /** @enum {unknown} */
                    readonly code?: "stalls-taken" | "time-zone-missing" | "wrong-status";
                };
            };
        };
        /** @description A market with seasons has a time zone (`time-zone-missing`). */
        readonly TimeZoneMissing: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 409;
                    /** @enum {unknown} */
                    readonly code?: "time-zone-missing";
                };
            };
        };
        /** @description The market does not open on that date (`day-not-found`). There is no such market (`market-not-found`). */
        readonly DayNotFoundOrMarketNotFound: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 404;
                    /** @enum {unknown} */
                    readonly code?: "day-not-found" | "market-not-found";
                };
            };
        };
        /** @description Only a draft can be deleted (`not-a-draft`). */
        readonly NotADraft: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 409;
                    /** @enum {unknown} */
                    readonly code?: "not-a-draft";
                };
            };
        };
        /** @description There is no such organizer (`organizer-not-found`). */
        readonly OrganizerNotFound: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 404;
                    /** @enum {unknown} */
                    readonly code?: "organizer-not-found";
                };
            };
        };
        /** @description There is no such vendor (`vendor-not-found`). */
        readonly VendorNotFound: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 404;
                    /** @enum {unknown} */
                    readonly code?: "vendor-not-found";
                };
            };
        };
        /** @description The vendor has a live application at this market already (`already-applied`). The market takes no applications (`market-not-active`). The market has no organizer here, who could answer an application (`market-unclaimed`). */
        readonly AlreadyAppliedOrMarketNotActiveOrMarketUnclaimed: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 409;
                    /** @enum {unknown} */
                    readonly code?: "already-applied" | "market-not-active" | "market-unclaimed";
                };
            };
        };
        /** @description There is no such application (`application-not-found`). */
        readonly ApplicationNotFound: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 404;
                    /** @enum {unknown} */
                    readonly code?: "application-not-found";
                };
            };
        };
        /** @description The market has no stall left (`market-full`). The current status does not allow that (`wrong-status`). */
        readonly MarketFullOrWrongStatus: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 409;
                    /** @enum {unknown} */
                    readonly code?: "market-full" | "wrong-status";
                };
            };
        };
        /** @description The current status does not allow that (`wrong-status`). */
        readonly WrongStatus: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 409;
                    /** @enum {unknown} */
                    readonly code?: "wrong-status";
                };
            };
        };
        /** @description An account with this e-mail address exists already (`email-taken`). */
        readonly EmailTaken: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 409;
                    /** @enum {unknown} */
                    readonly code?: "email-taken";
                };
            };
        };
        /** @description An account with this e-mail address exists already (`email-taken`). The password has just been changed by another request (`password-changed`). */
        readonly EmailTakenOrPasswordChanged: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 409;
                    /** @enum {unknown} */
                    readonly code?: "email-taken" | "password-changed";
                };
            };
        };
        /** @description An active market needs its organizer (`market-active`). The password has just been changed by another request (`password-changed`). */
        readonly MarketActiveOrPasswordChanged: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 409;
                    /** @enum {unknown} */
                    readonly code?: "market-active" | "password-changed";
                };
            };
        };
        /** @description The password has just been changed by another request (`password-changed`). */
        readonly PasswordChanged: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 409;
                    /** @enum {unknown} */
                    readonly code?: "password-changed";
                };
            };
        };
        /** @description This service sends no mail (`no-mail`). */
        readonly NoMail: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 409;
                    /** @enum {unknown} */
                    readonly code?: "no-mail";
                };
            };
        };
        /** @description The link has been used, has expired, or is none of ours (`reset-link-void`). */
        readonly ResetLinkVoid: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    readonly status?: 410;
                    /** @enum {unknown} */
                    readonly code?: "reset-link-void";
                };
            };
        };
    };
    parameters: {
        /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
        readonly IfNoneMatch: string;
        /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
        readonly IfMatch: string;
        /**
         * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
         * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
         */
        readonly IdempotencyKey: string;
    };
    requestBodies: never;
    headers: {
        /**
         * @description A strong entity tag: equal tags, equal bytes, so that each content coding has one of its own. Send it back as `If-None-Match`, and as `If-Match` with a write.
         * @example "ToWnaZ49AUsKrGmwdOAx2yALcWY"
         */
        readonly ETag: string;
        /**
         * @description `private, no-cache` or `no-cache` on what has an `ETag`: keep it, and ask each time. `no-store` on all else.
         * @example private, no-cache
         */
        readonly "Cache-Control": string;
        /**
         * @description Where the answer came from (RFC 9211): `hit` with the remaining seconds and the tier, `fwd=miss`, `fwd=bypass` with the reason, or `hit; detail=unverified` while the database is out of reach.
         * @example marketflow; hit; ttl=287; detail=l1
         */
        readonly "Cache-Status": string;
        /**
         * @description Seconds since an `unverified` answer was loaded. Absent on all others.
         * @example 12
         */
        readonly Age: number;
        /**
         * @description The bytes depend on the content coding that is asked for, and, where it says so, on who asks.
         * @example Accept-Encoding
         */
        readonly Vary: string;
        /**
         * @description Where `Accept-Encoding` asks for it and it is worth it: a body of 1 kB or more has been compressed once, when it was cached. Absent on all others.
         * @example br
         */
        readonly "Content-Encoding": "br" | "gzip" | "zstd";
        /**
         * @description The pages before and after this one (RFC 8288): `rel="prev"` and `rel="next"`, where there are such. A list that has cursors leads on by them. Of what is deprecated, also where that is explained.
         * @example </markets?page=1>; rel="prev", </markets?page=3>; rel="next"
         */
        readonly Link: string;
        /**
         * @description What is allowed: `q` requests in `w` seconds (draft-ietf-httpapi-ratelimit-headers).
         * @example "writes";q=300;w=60
         */
        readonly "RateLimit-Policy": string;
        /**
         * @description What is left of it: `r` requests, until all are given back in `t` seconds. Absent where nothing is limited.
         * @example "writes";r=287;t=41
         */
        readonly RateLimit: string;
        /**
         * @description The path of what was made.
         * @example /markets/8a64ea05-90ce-43e8-872f-bf8324b7ac58
         */
        readonly Location: string;
        /**
         * @description Seconds to wait before the next try.
         * @example 1
         */
        readonly "Retry-After": number;
        /**
         * @description The scheme to authenticate by; `invalid_token` if the one that was sent is not good (any more).
         * @example Bearer error="invalid_token"
         */
        readonly "WWW-Authenticate": "Bearer" | "Bearer error=\"invalid_token\"";
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly listMarkets: {
        readonly parameters: {
            readonly query?: {
                /** @description Which page, counted from 1. */
                readonly page?: number;
                /** @description How many a page holds. */
                readonly page_size?: number;
                /** @description Instead of `page`: the page behind one whose `next_cursor` this is. However deep, it costs what the first one does, and what is opened, renamed or closed meanwhile neither repeats nor hides another market. */
                readonly cursor?: string;
                /** @description Only markets of this city, compared without case and surrounding blanks. */
                readonly city?: string;
                /** @description Only markets of this state, province or canton, compared likewise, as they write it. */
                readonly region?: string;
                /** @description Only markets of this country, by its two letters of ISO 3166-1. */
                readonly country?: string;
                /** @description Only markets that have all these words in their name, city, region or the names of those who sell there, compared without case and accents; of three letters or more, their beginnings suffice. At most the first 200 are found: narrow by place. */
                readonly q?: string;
                /** @description Only markets that a directory lists with this product, or where one of the vendors sells it. At most the first 200 are found: narrow by place. */
                readonly product?: "" | "vegetables" | "fruit" | "herbs" | "mushrooms" | "beans" | "grains" | "eggs" | "cheese" | "meat" | "poultry" | "seafood" | "baked goods" | "honey" | "jams" | "maple syrup" | "nuts" | "coffee" | "juices" | "wine" | "tofu" | "wild-harvested food" | "prepared food" | "flowers" | "plants" | "nursery stock" | "trees" | "crafts" | "soap" | "pet food";
                /** @description Only markets that open on this date, where they stand; with their hours. */
                readonly on?: string;
                /** @description Only markets that open on a date from this one on; with to. */
                readonly from?: string;
                /** @description Up to this date: at most seven days. */
                readonly to?: string;
                /** @description Only markets whose place is known and within `radius_km` of this point, the nearest first, each with its distance. Goes together with dates, and with no place, no words, no product and no cursor. */
                readonly near?: string;
                /** @description How far, in km; with near. */
                readonly radius_km?: 5 | 10 | 25 | 50;
            };
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A page of the list. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly Link: components["headers"]["Link"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "markets": [
                     *         {
                     *           "id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *           "slug": "hollywood-market-portland",
                     *           "name": "Hollywood Market",
                     *           "city": "Portland",
                     *           "region": "OR",
                     *           "country": "US",
                     *           "time_zone": "America/Los_Angeles",
                     *           "stall_count": 30,
                     *           "vendor_count": 1,
                     *           "unclaimed": false,
                     *           "listed_products": []
                     *         }
                     *       ],
                     *       "total": 1,
                     *       "page": 1,
                     *       "page_size": 20
                     *     }
                     */
                    readonly "application/json": components["schemas"]["MarketList"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly Link: components["headers"]["Link"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly createMarket: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                readonly "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["NewMarket"];
            };
        };
        readonly responses: {
            /** @description The draft. */
            readonly 201: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly Location: components["headers"]["Location"];
                    readonly ETag: components["headers"]["ETag"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "slug": "hollywood-market-portland",
                     *       "name": "Hollywood Market",
                     *       "city": "Portland",
                     *       "region": "OR",
                     *       "country": "US",
                     *       "time_zone": "America/Los_Angeles",
                     *       "stall_count": 30,
                     *       "vendor_count": 0,
                     *       "unclaimed": false,
                     *       "street": "4420 NE Hancock St",
                     *       "postcode": "97213",
                     *       "latitude": 45.5373,
                     *       "longitude": -122.6174,
                     *       "website": "https://hollywood-market.example",
                     *       "seasons": [
                     *         {
                     *           "name": "Winter",
                     *           "from": "2026-12-01",
                     *           "to": "2027-02-28",
                     *           "weekly": [
                     *             {
                     *               "weekday": "saturday",
                     *               "opens": "08:00",
                     *               "closes": "13:00"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "description": "Saturdays, eight to one, rain or shine.",
                     *       "status": "draft",
                     *       "organizer": {
                     *         "id": "3f6c1d0e-58f0-4f4b-9a57-0c3a5e1f7b21",
                     *         "name": "Rosa Almeida"
                     *       },
                     *       "listing": null,
                     *       "vendors": [],
                     *       "created_at": "2026-11-22T21:26:00.000Z",
                     *       "updated_at": "2026-11-22T21:26:00.000Z"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["MarketDetail"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 409: components["responses"]["SlugTaken"];
            readonly 422: components["responses"]["IdempotencyKeyReused"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly getMarket: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path: {
                /** @description The market’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The market. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "slug": "hollywood-market-portland",
                     *       "name": "Hollywood Market",
                     *       "city": "Portland",
                     *       "region": "OR",
                     *       "country": "US",
                     *       "time_zone": "America/Los_Angeles",
                     *       "stall_count": 30,
                     *       "vendor_count": 1,
                     *       "unclaimed": false,
                     *       "street": "4420 NE Hancock St",
                     *       "postcode": "97213",
                     *       "latitude": 45.5373,
                     *       "longitude": -122.6174,
                     *       "website": "https://hollywood-market.example",
                     *       "seasons": [
                     *         {
                     *           "name": "Winter",
                     *           "from": "2026-12-01",
                     *           "to": "2027-02-28",
                     *           "weekly": [
                     *             {
                     *               "weekday": "saturday",
                     *               "opens": "08:00",
                     *               "closes": "13:00"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "description": "Saturdays, eight to one, rain or shine.",
                     *       "status": "active",
                     *       "organizer": {
                     *         "id": "3f6c1d0e-58f0-4f4b-9a57-0c3a5e1f7b21",
                     *         "name": "Rosa Almeida"
                     *       },
                     *       "listing": null,
                     *       "vendors": [
                     *         {
                     *           "id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *           "business_name": "Green Acres",
                     *           "category": "vegetables",
                     *           "products": [
                     *             "vegetables",
                     *             "eggs"
                     *           ]
                     *         }
                     *       ],
                     *       "created_at": "2026-11-22T21:26:00.000Z",
                     *       "updated_at": "2026-11-23T08:15:30.250Z"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["MarketDetail"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 404: components["responses"]["MarketNotFound"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly updateMarket: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                readonly "If-Match"?: components["parameters"]["IfMatch"];
            };
            readonly path: {
                /** @description The market’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["MarketChanges"];
            };
        };
        readonly responses: {
            /** @description The market as it is now. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly ETag: components["headers"]["ETag"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "slug": "hollywood-market-portland",
                     *       "name": "Hollywood Market",
                     *       "city": "Portland",
                     *       "region": "OR",
                     *       "country": "US",
                     *       "time_zone": "America/Los_Angeles",
                     *       "stall_count": 30,
                     *       "vendor_count": 1,
                     *       "unclaimed": false,
                     *       "street": "4420 NE Hancock St",
                     *       "postcode": "97213",
                     *       "latitude": 45.5373,
                     *       "longitude": -122.6174,
                     *       "website": "https://hollywood-market.example",
                     *       "seasons": [
                     *         {
                     *           "name": "Winter",
                     *           "from": "2026-12-01",
                     *           "to": "2027-02-28",
                     *           "weekly": [
                     *             {
                     *               "weekday": "saturday",
                     *               "opens": "08:00",
                     *               "closes": "13:00"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "description": "Saturdays, eight to one, rain or shine.",
                     *       "status": "active",
                     *       "organizer": {
                     *         "id": "3f6c1d0e-58f0-4f4b-9a57-0c3a5e1f7b21",
                     *         "name": "Rosa Almeida"
                     *       },
                     *       "listing": null,
                     *       "vendors": [
                     *         {
                     *           "id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *           "business_name": "Green Acres",
                     *           "category": "vegetables",
                     *           "products": [
                     *             "vegetables",
                     *             "eggs"
                     *           ]
                     *         }
                     *       ],
                     *       "created_at": "2026-11-22T21:26:00.000Z",
                     *       "updated_at": "2026-11-23T08:15:30.250Z"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["MarketDetail"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["MarketNotFound"];
            readonly 409: components["responses"]["StallsTakenOrTimeZoneMissingOrWrongStatus"];
            readonly 412: components["responses"]["PreconditionFailed"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly deleteMarket: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                readonly "If-Match"?: components["parameters"]["IfMatch"];
            };
            readonly path: {
                /** @description The market’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description There is no such market any more, and its slug is free. */
            readonly 204: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["MarketNotFound"];
            readonly 409: components["responses"]["NotADraft"];
            readonly 412: components["responses"]["PreconditionFailed"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly patchMarket: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                readonly "If-Match"?: components["parameters"]["IfMatch"];
            };
            readonly path: {
                /** @description The market’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["MarketChanges"];
            };
        };
        readonly responses: {
            /** @description The market as it is now. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly ETag: components["headers"]["ETag"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "slug": "hollywood-market-portland",
                     *       "name": "Hollywood Market",
                     *       "city": "Portland",
                     *       "region": "OR",
                     *       "country": "US",
                     *       "time_zone": "America/Los_Angeles",
                     *       "stall_count": 30,
                     *       "vendor_count": 1,
                     *       "unclaimed": false,
                     *       "street": "4420 NE Hancock St",
                     *       "postcode": "97213",
                     *       "latitude": 45.5373,
                     *       "longitude": -122.6174,
                     *       "website": "https://hollywood-market.example",
                     *       "seasons": [
                     *         {
                     *           "name": "Winter",
                     *           "from": "2026-12-01",
                     *           "to": "2027-02-28",
                     *           "weekly": [
                     *             {
                     *               "weekday": "saturday",
                     *               "opens": "08:00",
                     *               "closes": "13:00"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "description": "Saturdays, eight to one, rain or shine.",
                     *       "status": "active",
                     *       "organizer": {
                     *         "id": "3f6c1d0e-58f0-4f4b-9a57-0c3a5e1f7b21",
                     *         "name": "Rosa Almeida"
                     *       },
                     *       "listing": null,
                     *       "vendors": [
                     *         {
                     *           "id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *           "business_name": "Green Acres",
                     *           "category": "vegetables",
                     *           "products": [
                     *             "vegetables",
                     *             "eggs"
                     *           ]
                     *         }
                     *       ],
                     *       "created_at": "2026-11-22T21:26:00.000Z",
                     *       "updated_at": "2026-11-23T08:15:30.250Z"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["MarketDetail"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["MarketNotFound"];
            readonly 409: components["responses"]["StallsTakenOrTimeZoneMissingOrWrongStatus"];
            readonly 412: components["responses"]["PreconditionFailed"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly scheduleMarket: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                readonly "If-Match"?: components["parameters"]["IfMatch"];
            };
            readonly path: {
                /** @description The market’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["Schedule"];
            };
        };
        readonly responses: {
            /** @description The market as it is now. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly ETag: components["headers"]["ETag"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "slug": "hollywood-market-portland",
                     *       "name": "Hollywood Market",
                     *       "city": "Portland",
                     *       "region": "OR",
                     *       "country": "US",
                     *       "time_zone": "America/Los_Angeles",
                     *       "stall_count": 30,
                     *       "vendor_count": 1,
                     *       "unclaimed": false,
                     *       "street": "4420 NE Hancock St",
                     *       "postcode": "97213",
                     *       "latitude": 45.5373,
                     *       "longitude": -122.6174,
                     *       "website": "https://hollywood-market.example",
                     *       "seasons": [
                     *         {
                     *           "name": "Winter",
                     *           "from": "2026-12-01",
                     *           "to": "2027-02-28",
                     *           "weekly": [
                     *             {
                     *               "weekday": "saturday",
                     *               "opens": "08:00",
                     *               "closes": "13:00"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "description": "Saturdays, eight to one, rain or shine.",
                     *       "status": "active",
                     *       "organizer": {
                     *         "id": "3f6c1d0e-58f0-4f4b-9a57-0c3a5e1f7b21",
                     *         "name": "Rosa Almeida"
                     *       },
                     *       "listing": null,
                     *       "vendors": [
                     *         {
                     *           "id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *           "business_name": "Green Acres",
                     *           "category": "vegetables",
                     *           "products": [
                     *             "vegetables",
                     *             "eggs"
                     *           ]
                     *         }
                     *       ],
                     *       "created_at": "2026-11-22T21:26:00.000Z",
                     *       "updated_at": "2026-11-23T08:15:30.250Z"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["MarketDetail"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["MarketNotFound"];
            readonly 409: components["responses"]["TimeZoneMissing"];
            readonly 412: components["responses"]["PreconditionFailed"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly listDays: {
        readonly parameters: {
            readonly query?: {
                /** @description The first date. Without it, today where the market stands. */
                readonly from?: string;
                /** @description The last date. Without it, ninety days later. */
                readonly to?: string;
            };
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path: {
                /** @description The market’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The days, by date. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "market_id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "time_zone": "America/Los_Angeles",
                     *       "days": [
                     *         {
                     *           "date": "2026-12-05",
                     *           "opens": "08:00",
                     *           "closes": "13:00",
                     *           "opens_at": "2026-12-05T16:00:00.000Z",
                     *           "closes_at": "2026-12-05T21:00:00.000Z",
                     *           "status": "planned",
                     *           "note": ""
                     *         }
                     *       ]
                     *     }
                     */
                    readonly "application/json": components["schemas"]["MarketDays"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 404: components["responses"]["MarketNotFound"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly changeDay: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /** @description The market’s id. */
                readonly id: string;
                /** @description The market’s id. */
                readonly date: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["DayChanges"];
            };
        };
        readonly responses: {
            /** @description The day as it is now. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "date": "2026-12-05",
                     *       "opens": "08:00",
                     *       "closes": "13:00",
                     *       "opens_at": "2026-12-05T16:00:00.000Z",
                     *       "closes_at": "2026-12-05T21:00:00.000Z",
                     *       "status": "cancelled",
                     *       "note": "No market in the storm."
                     *     }
                     */
                    readonly "application/json": components["schemas"]["MarketDay"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["DayNotFoundOrMarketNotFound"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly listOwnMarkets: {
        readonly parameters: {
            readonly query?: {
                /** @description Which page, counted from 1. */
                readonly page?: number;
                /** @description How many a page holds. */
                readonly page_size?: number;
                readonly status?: "draft" | "active" | "closed";
            };
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A page of the list. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly Link: components["headers"]["Link"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "markets": [
                     *         {
                     *           "id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *           "slug": "hollywood-market-portland",
                     *           "name": "Hollywood Market",
                     *           "city": "Portland",
                     *           "region": "OR",
                     *           "country": "US",
                     *           "time_zone": "America/Los_Angeles",
                     *           "stall_count": 30,
                     *           "vendor_count": 0,
                     *           "unclaimed": false,
                     *           "status": "draft",
                     *           "pending_applications": 0,
                     *           "waitlisted_applications": 0,
                     *           "created_at": "2026-11-22T21:26:00.000Z",
                     *           "updated_at": "2026-11-22T21:26:00.000Z"
                     *         }
                     *       ],
                     *       "total": 1,
                     *       "page": 1,
                     *       "page_size": 20
                     *     }
                     */
                    readonly "application/json": components["schemas"]["OwnMarketList"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly Link: components["headers"]["Link"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["OrganizerNotFound"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly getMarketStats: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path: {
                /** @description The market’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The counts. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "market_id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "vendor_count": 1,
                     *       "pending_applications": 3,
                     *       "waitlisted_applications": 0,
                     *       "stall_count": 30,
                     *       "open_stalls": 29
                     *     }
                     */
                    readonly "application/json": components["schemas"]["MarketStats"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 404: components["responses"]["MarketNotFound"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly listVendors: {
        readonly parameters: {
            readonly query?: {
                /** @description Which page, counted from 1. */
                readonly page?: number;
                /** @description How many a page holds. */
                readonly page_size?: number;
                /** @description Instead of `page`: the page behind one whose `next_cursor` this is. However deep, it costs what the first one does, and what is opened, renamed or closed meanwhile neither repeats nor hides another vendor. */
                readonly cursor?: string;
                /** @description Only vendors that have all these words in their name, compared without case and accents; of three letters or more, their beginnings suffice. At most the first 200 are found. */
                readonly q?: string;
                /** @description Only vendors that sell this. */
                readonly product?: "" | "vegetables" | "fruit" | "herbs" | "mushrooms" | "beans" | "grains" | "eggs" | "cheese" | "meat" | "poultry" | "seafood" | "baked goods" | "honey" | "jams" | "maple syrup" | "nuts" | "coffee" | "juices" | "wine" | "tofu" | "wild-harvested food" | "prepared food" | "flowers" | "plants" | "nursery stock" | "trees" | "crafts" | "soap" | "pet food";
                /** @description Only vendors that sell at this market. */
                readonly market?: string;
            };
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A page of the list. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly Link: components["headers"]["Link"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "vendors": [
                     *         {
                     *           "id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *           "business_name": "Green Acres",
                     *           "category": "vegetables",
                     *           "description": "A family farm on the Sandy river.",
                     *           "products": [
                     *             "vegetables",
                     *             "eggs"
                     *           ],
                     *           "market_count": 1
                     *         }
                     *       ],
                     *       "total": 1,
                     *       "page": 1,
                     *       "page_size": 20
                     *     }
                     */
                    readonly "application/json": components["schemas"]["VendorList"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly Link: components["headers"]["Link"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly getVendor: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path: {
                /** @description The vendor’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The profile. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *       "business_name": "Green Acres",
                     *       "category": "vegetables",
                     *       "description": "A family farm on the Sandy river.",
                     *       "website": "https://green-acres.example",
                     *       "products": [
                     *         "vegetables",
                     *         "eggs"
                     *       ],
                     *       "markets": [
                     *         {
                     *           "id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *           "slug": "hollywood-market-portland",
                     *           "name": "Hollywood Market",
                     *           "city": "Portland",
                     *           "region": "OR",
                     *           "country": "US"
                     *         }
                     *       ]
                     *     }
                     */
                    readonly "application/json": components["schemas"]["VendorProfile"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 404: components["responses"]["VendorNotFound"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly updateVendor: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                readonly "If-Match"?: components["parameters"]["IfMatch"];
            };
            readonly path: {
                /** @description The vendor’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["VendorChanges"];
            };
        };
        readonly responses: {
            /** @description The profile as it is now. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly ETag: components["headers"]["ETag"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *       "business_name": "Green Acres",
                     *       "category": "vegetables",
                     *       "description": "A family farm on the Sandy river.",
                     *       "website": "https://green-acres.example",
                     *       "products": [
                     *         "vegetables",
                     *         "eggs"
                     *       ],
                     *       "markets": [
                     *         {
                     *           "id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *           "slug": "hollywood-market-portland",
                     *           "name": "Hollywood Market",
                     *           "city": "Portland",
                     *           "region": "OR",
                     *           "country": "US"
                     *         }
                     *       ]
                     *     }
                     */
                    readonly "application/json": components["schemas"]["VendorProfile"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["VendorNotFound"];
            readonly 412: components["responses"]["PreconditionFailed"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly patchVendor: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                readonly "If-Match"?: components["parameters"]["IfMatch"];
            };
            readonly path: {
                /** @description The vendor’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["VendorChanges"];
            };
        };
        readonly responses: {
            /** @description The profile as it is now. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly ETag: components["headers"]["ETag"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *       "business_name": "Green Acres",
                     *       "category": "vegetables",
                     *       "description": "A family farm on the Sandy river.",
                     *       "website": "https://green-acres.example",
                     *       "products": [
                     *         "vegetables",
                     *         "eggs"
                     *       ],
                     *       "markets": [
                     *         {
                     *           "id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *           "slug": "hollywood-market-portland",
                     *           "name": "Hollywood Market",
                     *           "city": "Portland",
                     *           "region": "OR",
                     *           "country": "US"
                     *         }
                     *       ]
                     *     }
                     */
                    readonly "application/json": components["schemas"]["VendorProfile"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["VendorNotFound"];
            readonly 412: components["responses"]["PreconditionFailed"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly getVendorDashboard: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path: {
                /** @description The vendor’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The dashboard. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *       "applications": {
                     *         "pending": 1,
                     *         "waitlisted": 0,
                     *         "accepted": 1,
                     *         "rejected": 0,
                     *         "withdrawn": 0
                     *       },
                     *       "markets": [
                     *         {
                     *           "id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *           "slug": "hollywood-market-portland",
                     *           "name": "Hollywood Market",
                     *           "city": "Portland",
                     *           "region": "OR",
                     *           "country": "US",
                     *           "status": "active"
                     *         }
                     *       ]
                     *     }
                     */
                    readonly "application/json": components["schemas"]["VendorDashboard"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["VendorNotFound"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly getOrganizerDashboard: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path: {
                /** @description The organizer’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The dashboard. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "organizer_id": "3f6c1d0e-58f0-4f4b-9a57-0c3a5e1f7b21",
                     *       "markets": {
                     *         "draft": 1,
                     *         "active": 1,
                     *         "closed": 0
                     *       },
                     *       "pending_applications": 3,
                     *       "vendors": 1,
                     *       "recent_applications": [
                     *         {
                     *           "id": "7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d",
                     *           "market_id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *           "market_name": "Hollywood Market",
                     *           "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *           "business_name": "Green Acres",
                     *           "status": "pending",
                     *           "message": "Tomatoes, beans and herbs, all grown within ten miles.",
                     *           "reason": null,
                     *           "waiting_position": null,
                     *           "created_at": "2026-11-22T22:00:00.000Z",
                     *           "updated_at": "2026-11-22T22:00:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    readonly "application/json": components["schemas"]["OrganizerDashboard"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["OrganizerNotFound"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly listApplications: {
        readonly parameters: {
            readonly query?: {
                /** @description Which page, counted from 1. */
                readonly page?: number;
                /** @description How many a page holds. */
                readonly page_size?: number;
                readonly status?: "pending" | "waitlisted" | "accepted" | "rejected" | "withdrawn";
            };
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path: {
                /** @description The market’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A page of the list. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly Link: components["headers"]["Link"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "applications": [
                     *         {
                     *           "id": "7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d",
                     *           "market_id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *           "market_name": "Hollywood Market",
                     *           "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *           "business_name": "Green Acres",
                     *           "status": "pending",
                     *           "message": "Tomatoes, beans and herbs, all grown within ten miles.",
                     *           "reason": null,
                     *           "waiting_position": null,
                     *           "created_at": "2026-11-22T22:00:00.000Z",
                     *           "updated_at": "2026-11-22T22:00:00.000Z"
                     *         }
                     *       ],
                     *       "total": 1,
                     *       "page": 1,
                     *       "page_size": 20
                     *     }
                     */
                    readonly "application/json": components["schemas"]["ApplicationList"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly Link: components["headers"]["Link"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["MarketNotFound"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly applyToMarket: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                readonly "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            readonly path: {
                /** @description The market’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: {
            readonly content: {
                readonly "application/json": components["schemas"]["NewApplication"];
            };
        };
        readonly responses: {
            /** @description The application, pending. */
            readonly 201: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly Location: components["headers"]["Location"];
                    readonly ETag: components["headers"]["ETag"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d",
                     *       "market_id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "market_name": "Hollywood Market",
                     *       "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *       "business_name": "Green Acres",
                     *       "status": "pending",
                     *       "message": "Tomatoes, beans and herbs, all grown within ten miles.",
                     *       "reason": null,
                     *       "waiting_position": null,
                     *       "created_at": "2026-11-22T22:00:00.000Z",
                     *       "updated_at": "2026-11-22T22:00:00.000Z",
                     *       "contact": {
                     *         "name": "Rosa Almeida",
                     *         "email": "rosa@example.org"
                     *       }
                     *     }
                     */
                    readonly "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["MarketNotFound"];
            readonly 409: components["responses"]["AlreadyAppliedOrMarketNotActiveOrMarketUnclaimed"];
            readonly 422: components["responses"]["IdempotencyKeyReused"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly listOwnApplications: {
        readonly parameters: {
            readonly query?: {
                /** @description Which page, counted from 1. */
                readonly page?: number;
                /** @description How many a page holds. */
                readonly page_size?: number;
                readonly status?: "pending" | "waitlisted" | "accepted" | "rejected" | "withdrawn";
            };
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A page of the list. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly Link: components["headers"]["Link"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "applications": [
                     *         {
                     *           "id": "7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d",
                     *           "market_id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *           "market_name": "Hollywood Market",
                     *           "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *           "business_name": "Green Acres",
                     *           "status": "pending",
                     *           "message": "Tomatoes, beans and herbs, all grown within ten miles.",
                     *           "reason": null,
                     *           "waiting_position": null,
                     *           "created_at": "2026-11-22T22:00:00.000Z",
                     *           "updated_at": "2026-11-22T22:00:00.000Z"
                     *         }
                     *       ],
                     *       "total": 1,
                     *       "page": 1,
                     *       "page_size": 20
                     *     }
                     */
                    readonly "application/json": components["schemas"]["ApplicationList"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly Link: components["headers"]["Link"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["VendorNotFound"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly getApplication: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path: {
                /** @description The application’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The application. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d",
                     *       "market_id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "market_name": "Hollywood Market",
                     *       "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *       "business_name": "Green Acres",
                     *       "status": "pending",
                     *       "message": "Tomatoes, beans and herbs, all grown within ten miles.",
                     *       "reason": null,
                     *       "waiting_position": null,
                     *       "created_at": "2026-11-22T22:00:00.000Z",
                     *       "updated_at": "2026-11-22T22:00:00.000Z",
                     *       "contact": {
                     *         "name": "Rosa Almeida",
                     *         "email": "rosa@example.org"
                     *       }
                     *     }
                     */
                    readonly "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Cache-Status": components["headers"]["Cache-Status"];
                    readonly Age: components["headers"]["Age"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 404: components["responses"]["ApplicationNotFound"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly acceptApplication: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                readonly "If-Match"?: components["parameters"]["IfMatch"];
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                readonly "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            readonly path: {
                /** @description The application’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The application as it is now. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly ETag: components["headers"]["ETag"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d",
                     *       "market_id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "market_name": "Hollywood Market",
                     *       "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *       "business_name": "Green Acres",
                     *       "status": "accepted",
                     *       "message": "Tomatoes, beans and herbs, all grown within ten miles.",
                     *       "reason": null,
                     *       "waiting_position": null,
                     *       "created_at": "2026-11-22T22:00:00.000Z",
                     *       "updated_at": "2026-11-22T22:00:00.000Z",
                     *       "contact": {
                     *         "name": "Vera Lopes",
                     *         "email": "vera@example.org"
                     *       }
                     *     }
                     */
                    readonly "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["ApplicationNotFound"];
            readonly 409: components["responses"]["MarketFullOrWrongStatus"];
            readonly 412: components["responses"]["PreconditionFailed"];
            readonly 422: components["responses"]["IdempotencyKeyReused"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly rejectApplication: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                readonly "If-Match"?: components["parameters"]["IfMatch"];
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                readonly "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            readonly path: {
                /** @description The application’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The application as it is now. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly ETag: components["headers"]["ETag"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d",
                     *       "market_id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "market_name": "Hollywood Market",
                     *       "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *       "business_name": "Green Acres",
                     *       "status": "rejected",
                     *       "message": "Tomatoes, beans and herbs, all grown within ten miles.",
                     *       "reason": null,
                     *       "waiting_position": null,
                     *       "created_at": "2026-11-22T22:00:00.000Z",
                     *       "updated_at": "2026-11-22T22:00:00.000Z",
                     *       "contact": {
                     *         "name": "Vera Lopes",
                     *         "email": "vera@example.org"
                     *       }
                     *     }
                     */
                    readonly "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["ApplicationNotFound"];
            readonly 409: components["responses"]["WrongStatus"];
            readonly 412: components["responses"]["PreconditionFailed"];
            readonly 422: components["responses"]["IdempotencyKeyReused"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly waitlistApplication: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                readonly "If-Match"?: components["parameters"]["IfMatch"];
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                readonly "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            readonly path: {
                /** @description The application’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The application as it is now. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly ETag: components["headers"]["ETag"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d",
                     *       "market_id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "market_name": "Hollywood Market",
                     *       "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *       "business_name": "Green Acres",
                     *       "status": "waitlisted",
                     *       "message": "Tomatoes, beans and herbs, all grown within ten miles.",
                     *       "reason": null,
                     *       "waiting_position": 3,
                     *       "created_at": "2026-11-22T22:00:00.000Z",
                     *       "updated_at": "2026-11-22T22:00:00.000Z",
                     *       "contact": {
                     *         "name": "Vera Lopes",
                     *         "email": "vera@example.org"
                     *       }
                     *     }
                     */
                    readonly "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["ApplicationNotFound"];
            readonly 409: components["responses"]["WrongStatus"];
            readonly 412: components["responses"]["PreconditionFailed"];
            readonly 422: components["responses"]["IdempotencyKeyReused"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly removeVendor: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                readonly "If-Match"?: components["parameters"]["IfMatch"];
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                readonly "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            readonly path: {
                /** @description The application’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["Removal"];
            };
        };
        readonly responses: {
            /** @description The application as it is now. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly ETag: components["headers"]["ETag"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d",
                     *       "market_id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "market_name": "Hollywood Market",
                     *       "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *       "business_name": "Green Acres",
                     *       "status": "rejected",
                     *       "message": "Tomatoes, beans and herbs, all grown within ten miles.",
                     *       "reason": "Three Saturdays without a word.",
                     *       "waiting_position": null,
                     *       "created_at": "2026-11-22T22:00:00.000Z",
                     *       "updated_at": "2026-11-22T22:00:00.000Z",
                     *       "contact": {
                     *         "name": "Vera Lopes",
                     *         "email": "vera@example.org"
                     *       }
                     *     }
                     */
                    readonly "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["ApplicationNotFound"];
            readonly 409: components["responses"]["WrongStatus"];
            readonly 412: components["responses"]["PreconditionFailed"];
            readonly 422: components["responses"]["IdempotencyKeyReused"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly withdrawApplication: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                readonly "If-Match"?: components["parameters"]["IfMatch"];
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                readonly "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            readonly path: {
                /** @description The application’s id. */
                readonly id: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The application as it is now. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly ETag: components["headers"]["ETag"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "7d3f1c52-52d6-4c1f-9f5d-0f1c2a3b4c5d",
                     *       "market_id": "8a64ea05-90ce-43e8-872f-bf8324b7ac58",
                     *       "market_name": "Hollywood Market",
                     *       "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d",
                     *       "business_name": "Green Acres",
                     *       "status": "withdrawn",
                     *       "message": "Tomatoes, beans and herbs, all grown within ten miles.",
                     *       "reason": null,
                     *       "waiting_position": null,
                     *       "created_at": "2026-11-22T22:00:00.000Z",
                     *       "updated_at": "2026-11-22T22:00:00.000Z",
                     *       "contact": {
                     *         "name": "Rosa Almeida",
                     *         "email": "rosa@example.org"
                     *       }
                     *     }
                     */
                    readonly "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 404: components["responses"]["ApplicationNotFound"];
            readonly 409: components["responses"]["WrongStatus"];
            readonly 412: components["responses"]["PreconditionFailed"];
            readonly 422: components["responses"]["IdempotencyKeyReused"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly register: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["Registration"];
            };
        };
        readonly responses: {
            /** @description The account, signed in. */
            readonly 201: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly Location: components["headers"]["Location"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "account": {
                     *         "id": "c2b1a0f9-4e3d-4c2b-9a18-7f6e5d4c3b2a",
                     *         "email": "vera@example.org",
                     *         "name": "Vera Lopes",
                     *         "role": "vendor",
                     *         "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d"
                     *       },
                     *       "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjMmIxIn0.c2lnbmF0dXJl",
                     *       "expires_at": "2026-11-23T20:15:30.000Z"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["SignedIn"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 409: components["responses"]["EmailTaken"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly logIn: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["Login"];
            };
        };
        readonly responses: {
            /** @description The account, signed in. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "account": {
                     *         "id": "c2b1a0f9-4e3d-4c2b-9a18-7f6e5d4c3b2a",
                     *         "email": "vera@example.org",
                     *         "name": "Vera Lopes",
                     *         "role": "vendor",
                     *         "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d"
                     *       },
                     *       "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjMmIxIn0.c2lnbmF0dXJl",
                     *       "expires_at": "2026-11-23T20:15:30.000Z"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["SignedIn"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly getAccount: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The account. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "c2b1a0f9-4e3d-4c2b-9a18-7f6e5d4c3b2a",
                     *       "email": "vera@example.org",
                     *       "name": "Vera Lopes",
                     *       "role": "vendor",
                     *       "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["Account"];
                };
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly deleteAccount: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["AccountDeletion"];
            };
        };
        readonly responses: {
            /** @description The account is gone. */
            readonly 204: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 409: components["responses"]["MarketActiveOrPasswordChanged"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly updateAccount: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["AccountChanges"];
            };
        };
        readonly responses: {
            /** @description The account as it is now. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "c2b1a0f9-4e3d-4c2b-9a18-7f6e5d4c3b2a",
                     *       "email": "vera@example.org",
                     *       "name": "Vera Lopes",
                     *       "role": "vendor",
                     *       "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["Account"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 409: components["responses"]["EmailTakenOrPasswordChanged"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly changePassword: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["PasswordChange"];
            };
        };
        readonly responses: {
            /** @description The account, signed in anew. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "account": {
                     *         "id": "c2b1a0f9-4e3d-4c2b-9a18-7f6e5d4c3b2a",
                     *         "email": "vera@example.org",
                     *         "name": "Vera Lopes",
                     *         "role": "vendor",
                     *         "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d"
                     *       },
                     *       "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjMmIxIn0.c2lnbmF0dXJl",
                     *       "expires_at": "2026-11-23T20:15:30.000Z"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["SignedIn"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["Forbidden"];
            readonly 409: components["responses"]["PasswordChanged"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly requestPasswordReset: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["PasswordResetRequest"];
            };
        };
        readonly responses: {
            /** @description Noted. */
            readonly 204: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 409: components["responses"]["NoMail"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly resetPassword: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["PasswordReset"];
            };
        };
        readonly responses: {
            /** @description The account, signed in anew. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "account": {
                     *         "id": "c2b1a0f9-4e3d-4c2b-9a18-7f6e5d4c3b2a",
                     *         "email": "vera@example.org",
                     *         "name": "Vera Lopes",
                     *         "role": "vendor",
                     *         "vendor_id": "5b1c7e9e-1d2f-4c3b-8a4d-6e7f8a9b0c1d"
                     *       },
                     *       "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjMmIxIn0.c2lnbmF0dXJl",
                     *       "expires_at": "2026-11-23T20:15:30.000Z"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["SignedIn"];
                };
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 410: components["responses"]["ResetLinkVoid"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly signOutEverywhere: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Signed out. */
            readonly 204: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    readonly RateLimit: components["headers"]["RateLimit"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["MalformedJsonOrValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly checkHealth: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description It is. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["Health"];
                };
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly checkReadiness: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Ready. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "database": "reachable",
                     *       "database_cause": null,
                     *       "cache": {
                     *         "name": "tiered",
                     *         "connected": true,
                     *         "breaker": "closed"
                     *       },
                     *       "lease": {
                     *         "held": true,
                     *         "age_ms": 112
                     *       },
                     *       "holders": [],
                     *       "invalidations": {
                     *         "pending": 0
                     *       }
                     *     }
                     */
                    readonly "application/json": components["schemas"]["Readiness"];
                };
            };
            readonly 400: components["responses"]["ValidationFailed"];
            /** @description Not ready. */
            readonly 503: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly "Retry-After": components["headers"]["Retry-After"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "database": "unreachable",
                     *       "database_cause": "refused",
                     *       "cache": {
                     *         "name": "tiered",
                     *         "connected": true,
                     *         "breaker": "closed"
                     *       },
                     *       "lease": {
                     *         "held": true,
                     *         "age_ms": 112
                     *       },
                     *       "holders": [],
                     *       "invalidations": {
                     *         "pending": 0
                     *       }
                     *     }
                     */
                    readonly "application/json": components["schemas"]["Readiness"];
                };
            };
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly getMetrics: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The metrics. */
            readonly 200: {
                headers: {
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /** @example marketflow_cache_reads_total{view="market-detail",result="hit"} 1287 */
                    readonly "text/plain": components["schemas"]["Metrics"];
                };
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
    readonly getDocument: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                readonly "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description OpenAPI 3.1. */
            readonly 200: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly "Content-Encoding": components["headers"]["Content-Encoding"];
                    readonly [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "openapi": "3.1.1"
                     *     }
                     */
                    readonly "application/json": components["schemas"]["Document"];
                };
            };
            /** @description `If-None-Match` names this document: it is unchanged. */
            readonly 304: {
                headers: {
                    readonly ETag: components["headers"]["ETag"];
                    readonly "Cache-Control": components["headers"]["Cache-Control"];
                    readonly Vary: components["headers"]["Vary"];
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["ValidationFailed"];
            readonly default: components["responses"]["Anywhere"];
        };
    };
}
