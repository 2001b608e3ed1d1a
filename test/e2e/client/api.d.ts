// Made from the API's document: `npm run api:client` makes it anew.

export interface paths {
    "/markets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List active markets
         * @description By name as people sort, without case, accents and punctuation. Each place, date, word and product narrows the list. Dates are those where a market stands, from yesterday to 370 days ahead. Near a point, the nearest come first; up to `complete_to_km` none is missing.
         */
        get: operations["listMarkets"];
        put?: never;
        /**
         * Create a market
         * @description It begins as a draft, which only its organizer sees.
         */
        post: operations["createMarket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/markets/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a market with its vendors
         * @description A draft is found by its organizer alone.
         */
        get: operations["getMarket"];
        /**
         * Change a market
         * @description What is not given stays. For its organizer.
         */
        put: operations["updateMarket"];
        post?: never;
        /**
         * Delete a draft
         * @description For its organizer. Anything but a draft has been seen by others: close it instead.
         */
        delete: operations["deleteMarket"];
        options?: never;
        head?: never;
        /**
         * Change a market
         * @description What is not given stays. For its organizer.
         */
        patch: operations["patchMarket"];
        trace?: never;
    };
    "/markets/{id}/seasons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Say when a market opens
         * @description Instead of what was said before: its days are made anew. What was said of a single date stays, where it is still one of its days. No two seasons share a date.
         */
        put: operations["scheduleMarket"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/markets/{id}/days": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the days on which a market opens
         * @description Cancelled ones, too. Those of a draft are found by its organizer alone.
         */
        get: operations["listDays"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/markets/{id}/days/{date}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change one of a market’s days
         * @description A holiday, a storm. What is not given stays. For its organizer.
         */
        patch: operations["changeDay"];
        trace?: never;
    };
    "/me/markets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the markets of the organizer that the token belongs to
         * @description Drafts and closed ones, too; newest first.
         */
        get: operations["listOwnMarkets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/markets/{id}/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Count a market’s vendors, applications and stalls
         * @description Those of a draft are found by its organizer alone.
         */
        get: operations["getMarketStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/vendors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List those who sell at active markets
         * @description By name as people sort. Up to 200 are counted; of more, `total_is_minimum` says so.
         */
        get: operations["listVendors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/vendors/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a vendor’s profile with its markets */
        get: operations["getVendor"];
        /**
         * Change a vendor’s profile
         * @description What is not given stays. For that vendor.
         */
        put: operations["updateVendor"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a vendor’s profile
         * @description What is not given stays. For that vendor.
         */
        patch: operations["patchVendor"];
        trace?: never;
    };
    "/vendors/{id}/dashboard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a vendor’s applications and markets
         * @description For that vendor.
         */
        get: operations["getVendorDashboard"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/organizers/{id}/dashboard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an organizer’s numbers and newest applications
         * @description For that organizer.
         */
        get: operations["getOrganizerDashboard"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/markets/{id}/applications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List a market’s applications
         * @description For its organizer: newest first, and those that are waitlisted in the order of waitlisting.
         */
        get: operations["listApplications"];
        put?: never;
        /**
         * Apply to a market
         * @description A vendor has at most one live application at a market, and only active markets take any.
         */
        post: operations["applyToMarket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me/applications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the applications of the vendor that the token belongs to
         * @description Newest first.
         */
        get: operations["listOwnApplications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/applications/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an application
         * @description For its vendor and its market’s organizer, each of whom is told how to reach the other.
         */
        get: operations["getApplication"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/applications/{id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an application that is pending or waitlisted
         * @description However many are accepted at once, a market never has more vendors than stalls.
         */
        post: operations["acceptApplication"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/applications/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reject an application that is pending or waitlisted */
        post: operations["rejectApplication"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/applications/{id}/waitlist": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Put a pending application on the waiting list */
        post: operations["waitlistApplication"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/applications/{id}/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a vendor go that was accepted
         * @description Frees the stall. The application becomes `rejected`, with a `reason` that its vendor reads.
         */
        post: operations["removeVendor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/applications/{id}/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Withdraw one’s own application
         * @description From `accepted`, it frees the stall.
         */
        post: operations["withdrawApplication"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Register an organizer or a vendor */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Log in */
        post: operations["logIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the account that the token belongs to */
        get: operations["getAccount"];
        put?: never;
        post?: never;
        /**
         * Delete the account
         * @description Takes the present password; a wrong one is `forbidden`. An organizer closes its markets first: these stay, with a former organizer, and drafts go. A vendor’s applications are withdrawn, and stay with their markets as those of a former vendor, without their messages. No token of the account is good on any instance once this is answered.
         */
        delete: operations["deleteAccount"];
        options?: never;
        head?: never;
        /**
         * Change the account’s name or e-mail address
         * @description What is not given stays. Another address takes the present password; a wrong one is `forbidden`. Every session goes on.
         */
        patch: operations["updateAccount"];
        trace?: never;
    };
    "/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change the password
         * @description Ends every session of the account but the one it answers with. A wrong password is `forbidden`.
         */
        put: operations["changePassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/password-resets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a link by mail, where the password was forgotten
         * @description If an account has the address, a mail with a link is on its way, which is good for 30 minutes. The answer is the same if none has. Where the service sends no mail, its operator can make a link.
         */
        post: operations["requestPasswordReset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/password-resets/use": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set another password by the secret of a link
         * @description Works once, and ends every session of the account but the one it answers with.
         */
        post: operations["resetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sign-out-everywhere": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End every session of the account
         * @description No token of it is good on any instance once this is answered.
         */
        post: operations["signOutEverywhere"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Is it alive? */
        get: operations["checkHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is it ready for traffic?
         * @description It is while the database answers. The cache’s state is told, and never decides.
         */
        get: operations["checkReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get everything counted, for Prometheus
         * @description From another machine only with `METRICS_TOKEN`, as a bearer token.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get this document
         * @description People read it at `/docs`.
         */
        get: operations["getDocument"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Account: {
            /**
             * Format: uuid
             * @description An organizer’s is the organizer’s id.
             */
            id: string;
            email: string;
            name: string;
            /** @enum {string} */
            role: "organizer" | "vendor";
            /**
             * Format: uuid
             * @description The vendor that the account trades as. Organizers have none.
             */
            vendor_id?: string;
        };
        AccountChanges: {
            name?: string;
            /** Format: email */
            email?: string;
            /** Format: password */
            current_password?: string;
        };
        AccountDeletion: {
            /** Format: password */
            current_password: string;
        };
        Application: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            market_id: string;
            market_name: string;
            /** Format: uuid */
            vendor_id: string;
            business_name: string;
            /** @enum {string} */
            status: "pending" | "waitlisted" | "accepted" | "rejected" | "withdrawn";
            message: string;
            /** @description Why the organizer took the stall of a vendor that was accepted; null of all others. */
            reason: string | null;
            /** @description On the market’s waiting list, from 1, in the order of waitlisting; null of all others. */
            waiting_position: number | null;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            updated_at: string;
        };
        ApplicationDetail: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            market_id: string;
            market_name: string;
            /** Format: uuid */
            vendor_id: string;
            business_name: string;
            /** @enum {string} */
            status: "pending" | "waitlisted" | "accepted" | "rejected" | "withdrawn";
            message: string;
            /** @description Why the organizer took the stall of a vendor that was accepted; null of all others. */
            reason: string | null;
            /** @description On the market’s waiting list, from 1, in the order of waitlisting; null of all others. */
            waiting_position: number | null;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            updated_at: string;
            /** @description Who to write to on the other side: a vendor is told its organizer, and an organizer its vendor. */
            contact: {
                name: string;
                email: string;
            } | null;
        };
        ApplicationList: {
            applications: components["schemas"]["Application"][];
            /** @description On all pages. */
            total: number;
            page: number;
            page_size: number;
        };
        DayChanges: {
            /** @description By the market’s clock. */
            opens?: string;
            /** @description Not after `opens`: on the next day. */
            closes?: string;
            /** @enum {string} */
            status?: "planned" | "cancelled";
            /** @description For visitors: why it is cancelled, what is special. */
            note?: string;
        };
        Document: {
            openapi: string;
        } & {
            [key: string]: unknown;
        };
        Health: {
            /** @constant */
            status: "ok";
        };
        Login: {
            /** Format: email */
            email: string;
            /** Format: password */
            password: string;
        };
        MarketChanges: {
            name?: string;
            city?: string;
            street?: string;
            /** @description State, province or canton, as the country’s addresses have it: `IL`, `Ontario`, `ZH`. */
            region?: string;
            postcode?: string;
            /** @description ISO 3166-1 alpha-2, or an empty text. */
            country?: string;
            /** @description Degrees north; null, or together with the longitude. */
            latitude?: number | null;
            /** @description Degrees east; null, or together with the latitude. */
            longitude?: number | null;
            /** @description The market’s, by its IANA name, such as `America/Chicago`, or an empty text. */
            time_zone?: string;
            /** @description An http or https URL, or an empty text for none. */
            website?: string;
            description?: string;
            /** @description Never below the vendors already accepted. */
            stall_count?: number;
            /**
             * @description `draft` → `active` → `closed` → `active` → …
             * @enum {string}
             */
            status?: "draft" | "active" | "closed";
        };
        MarketDay: {
            /** Format: date */
            date: string;
            /** @description `HH:MM` by the market’s clock. */
            opens: string;
            /** @description Not after `opens`: on the next day. */
            closes: string;
            /** Format: date-time */
            opens_at: string;
            /** Format: date-time */
            closes_at: string;
            /** @enum {string} */
            status: "planned" | "cancelled";
            note: string;
        };
        MarketDays: {
            /** Format: uuid */
            market_id: string;
            time_zone: string;
            days: components["schemas"]["MarketDay"][];
        };
        MarketDetail: {
            /** Format: uuid */
            id: string;
            /** @description The last part of the address of the market’s public page, `/m/{slug}`. Unique. */
            slug: string;
            name: string;
            city: string;
            /** @description State, province or canton, as the country’s addresses have it; empty where it is not known. */
            region: string;
            /** @description ISO 3166-1 alpha-2; empty where it is not known. */
            country: string;
            /** @description An IANA name such as `America/Chicago`; empty where it is not known. */
            time_zone: string;
            /** @description Null of an unclaimed market: no directory tells it. */
            stall_count: number | null;
            /** @description Vendors accepted. Never more than `stall_count`. */
            vendor_count: number;
            /** @description Whether a public directory lists it and it has no organizer here: it takes no applications. */
            unclaimed: boolean;
            street: string;
            postcode: string;
            /** @description Degrees north; null where it is not known. */
            latitude: number | null;
            /** @description Degrees east. */
            longitude: number | null;
            website: string;
            description: string;
            /** @description From which its days were made. */
            seasons: components["schemas"]["Season"][];
            /** @enum {string} */
            status: "draft" | "active" | "closed";
            /** @description Null of an unclaimed market. */
            organizer: {
                /** Format: uuid */
                id: string;
                name: string;
            } | null;
            /** @description Null of a market that no directory lists. */
            listing: {
                listed_by: string;
                /** @description When the directory last changed it: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`; null if unknown. */
                updated_on: string | null;
                /** @description Seasons as they are listed, past ones too, each with its hours by the market’s clock. */
                hours: {
                    /** @description `YYYY-MM-DD` or `YYYY-MM`; of every year `--MM-DD` or `--MM`; null where nothing is said. */
                    from: string | null;
                    /** @description `YYYY-MM-DD` or `YYYY-MM`; of every year `--MM-DD` or `--MM`; null where nothing is said. */
                    to: string | null;
                    weekly: {
                        /** @enum {string} */
                        weekday: "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";
                        opens: string;
                        closes: string;
                    }[];
                    /** @description What could not be understood, as it is written there. */
                    words: string | null;
                }[];
                products: string[];
                /** @description What is taken beside cash. */
                payment: string[];
            } | null;
            vendors: {
                /** Format: uuid */
                id: string;
                business_name: string;
                category: string;
                /** @description What it sells, in the words that `product` of `GET /markets` takes. */
                products: string[];
            }[];
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            updated_at: string;
        };
        MarketList: {
            markets: components["schemas"]["MarketSummary"][];
            /** @description Near a point: up to here no market is missing. Less than `radius_km` where so many are near that some are left out. */
            complete_to_km?: number;
            /**
             * @description Where there are more than `total`: of such a list no more are counted.
             * @constant
             */
            total_is_minimum?: true;
            /** @description Leads to the next page, as the `Link` does. Absent on the last one. */
            next_cursor?: string;
            /** @description On all pages. */
            total: number;
            /** @description Absent where a cursor was asked for. */
            page?: number;
            page_size: number;
        };
        MarketStats: {
            /** Format: uuid */
            market_id: string;
            vendor_count: number;
            pending_applications: number;
            waitlisted_applications: number;
            /** @description Null of an unclaimed market: no directory tells it. */
            stall_count: number | null;
            /** @description Null of an unclaimed market. */
            open_stalls: number | null;
        };
        MarketSummary: {
            /** Format: uuid */
            id: string;
            /** @description The last part of the address of the market’s public page, `/m/{slug}`. Unique. */
            slug: string;
            name: string;
            city: string;
            /** @description State, province or canton, as the country’s addresses have it; empty where it is not known. */
            region: string;
            /** @description ISO 3166-1 alpha-2; empty where it is not known. */
            country: string;
            /** @description An IANA name such as `America/Chicago`; empty where it is not known. */
            time_zone: string;
            /** @description Null of an unclaimed market: no directory tells it. */
            stall_count: number | null;
            /** @description Vendors accepted. Never more than `stall_count`. */
            vendor_count: number;
            /** @description Whether a public directory lists it and it has no organizer here: it takes no applications. */
            unclaimed: boolean;
            /** @description What a directory says is sold there; who sells there is not asked. */
            listed_products: string[];
            /** @description Of the dates that were asked for, those on which it is open. */
            days?: components["schemas"]["OpenDay"][];
            /** @description Degrees north; null where it is not known. */
            latitude?: number | null;
            /** @description Degrees east. */
            longitude?: number | null;
            /** @description From the point that was asked for, as the crow flies, to a tenth. */
            distance_km?: number;
        };
        /** @description In the text format of Prometheus. */
        Metrics: string;
        NewApplication: {
            /** @default  */
            message?: string;
        };
        NewMarket: {
            name: string;
            city: string;
            street?: string;
            /** @description State, province or canton, as the country’s addresses have it: `IL`, `Ontario`, `ZH`. */
            region?: string;
            postcode?: string;
            /** @description ISO 3166-1 alpha-2, or an empty text. */
            country?: string;
            /** @description Degrees north; null, or together with the longitude. */
            latitude?: number | null;
            /** @description Degrees east; null, or together with the latitude. */
            longitude?: number | null;
            /** @description The market’s, by its IANA name, such as `America/Chicago`, or an empty text. */
            time_zone?: string;
            /** @description An http or https URL, or an empty text for none. */
            website?: string;
            description?: string;
            /** @description Never below the vendors already accepted. */
            stall_count: number;
            /** @description Names the public page, `/m/{slug}`. Without one, it is made of name and city, and of the region where that is taken. */
            slug?: string;
        };
        NewSeason: {
            /**
             * @description Such as `Summer`; may be empty.
             * @default
             */
            name?: string;
            /**
             * Format: date
             * @description The first date, where the market stands.
             * @example 2026-05-02
             */
            from: string;
            /**
             * Format: date
             * @description The last date: at most 400 days.
             * @example 2026-05-02
             */
            to: string;
            weekly: {
                /** @enum {string} */
                weekday: "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";
                /** @description By the market’s clock. */
                opens: string;
                /** @description Not after `opens`: on the next day. */
                closes: string;
            }[];
        };
        /** @description By the market’s clock, and as instants. */
        OpenDay: {
            /** Format: date */
            date: string;
            /** @description `HH:MM` by the market’s clock. */
            opens: string;
            /** @description Not after `opens`: on the next day. */
            closes: string;
            /** Format: date-time */
            opens_at: string;
            /** Format: date-time */
            closes_at: string;
        };
        OrganizerDashboard: {
            /** Format: uuid */
            organizer_id: string;
            markets: {
                draft: number;
                active: number;
                closed: number;
            };
            pending_applications: number;
            /** @description Distinct vendors accepted at any of the organizer’s markets. */
            vendors: number;
            /** @description The ten newest, newest first. */
            recent_applications: components["schemas"]["Application"][];
        };
        OrganizerRegistration: {
            /** Format: email */
            email: string;
            /** Format: password */
            password: string;
            name: string;
            /** @constant */
            role: "organizer";
        };
        OwnMarket: {
            /** Format: uuid */
            id: string;
            /** @description The last part of the address of the market’s public page, `/m/{slug}`. Unique. */
            slug: string;
            name: string;
            city: string;
            /** @description State, province or canton, as the country’s addresses have it; empty where it is not known. */
            region: string;
            /** @description ISO 3166-1 alpha-2; empty where it is not known. */
            country: string;
            /** @description An IANA name such as `America/Chicago`; empty where it is not known. */
            time_zone: string;
            /** @description Null of an unclaimed market: no directory tells it. */
            stall_count: number | null;
            /** @description Vendors accepted. Never more than `stall_count`. */
            vendor_count: number;
            /** @description Whether a public directory lists it and it has no organizer here: it takes no applications. */
            unclaimed: boolean;
            /** @enum {string} */
            status: "draft" | "active" | "closed";
            pending_applications: number;
            waitlisted_applications: number;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            created_at: string;
            /**
             * Format: date-time
             * @description ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString` prints it.
             */
            updated_at: string;
        };
        OwnMarketList: {
            markets: components["schemas"]["OwnMarket"][];
            /** @description On all pages. */
            total: number;
            page: number;
            page_size: number;
        };
        PasswordChange: {
            /** Format: password */
            current_password: string;
            /** Format: password */
            new_password: string;
        };
        PasswordReset: {
            /** Format: password */
            secret: string;
            /** Format: password */
            new_password: string;
        };
        PasswordResetRequest: {
            /** Format: email */
            email: string;
        };
        Problem: {
            /** @description `urn:marketflow:problem:` and the code. */
            type: string;
            title: string;
            status: number;
            detail: string;
            /**
             * @description What went wrong. Stable: the part to act upon.
             * @enum {string}
             */
            code: "validation-failed" | "unauthenticated" | "forbidden" | "market-not-found" | "vendor-not-found" | "organizer-not-found" | "account-not-found" | "application-not-found" | "day-not-found" | "market-full" | "precondition-failed" | "idempotency-key-reused" | "email-taken" | "slug-taken" | "already-applied" | "market-not-active" | "market-unclaimed" | "market-claimed" | "time-zone-missing" | "not-a-draft" | "wrong-status" | "stalls-taken" | "market-active" | "reset-link-void" | "no-mail" | "password-changed" | "malformed-json" | "unsupported-media-type" | "payload-too-large" | "uri-too-long" | "route-not-found" | "method-not-allowed" | "rate-limited" | "database-unavailable" | "cache-unavailable" | "overloaded" | "internal";
            /** @description A URN of this request, for the log. */
            instance: string;
            /** @description Every field that is to blame; always there where the code is `validation-failed`. */
            readonly errors?: {
                /** @description Dotted: `stall_count`, `query.page`. */
                path: string;
                /** @description What was expected there. */
                message: string;
            }[];
        };
        Readiness: {
            /**
             * @description This alone decides.
             * @enum {string}
             */
            database: "reachable" | "unreachable";
            /** @description What keeps PostgreSQL from serving this instance, such as `refused` or `disk-full`. */
            database_cause: string | null;
            /** @description Without it all works, slower. */
            cache: {
                /** @description The adapter’s: `tiered`, `near`, `redis`, `redis-cluster`, `lru`, `null`, or your own. */
                name: string;
                /** @description False also while it is there and does not do its work. */
                connected: boolean;
                /** @enum {string} */
                breaker: "closed" | "open" | "half-open" | "none";
                /** @description Why reads bypass it, in a word, such as `MISCONF` or `timeout`. The log and `/admin` say more. */
                problem?: string;
            };
            /** @description Whether this instance may use the cache now, and since when, in milliseconds. */
            lease: {
                held: boolean;
                age_ms: number | null;
            };
            /** @description Instances with a cache of their own, which every write waits for. */
            holders: {
                id: string;
                /**
                 * @description `lost`: its connection has ended. `retired`: writes wait a lease out for it.
                 * @enum {string}
                 */
                state: "active" | "lost" | "retired";
                /** @description Since its last acknowledgement. */
                acknowledged_ms: number | null;
            }[];
            /** @description Rows of the log that the last drain could not apply. */
            invalidations: {
                pending: number;
            };
        };
        Registration: components["schemas"]["OrganizerRegistration"] | components["schemas"]["VendorRegistration"];
        Removal: {
            /** @description Shown to the vendor. */
            reason: string;
        };
        Schedule: {
            seasons: components["schemas"]["NewSeason"][];
        };
        Season: {
            name: string;
            /** Format: date */
            from: string;
            /** Format: date */
            to: string;
            weekly: {
                /** @enum {string} */
                weekday: "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";
                /** @description `HH:MM` by the market’s clock. */
                opens: string;
                /** @description Not after `opens`: on the next day. */
                closes: string;
            }[];
        };
        SignedIn: {
            account: components["schemas"]["Account"];
            /** @description Goes into `Authorization: Bearer …`. */
            token: string;
            /**
             * Format: date-time
             * @description Until when the token is good; it may be revoked before.
             */
            expires_at: string;
        };
        VendorChanges: {
            business_name?: string;
            category?: string;
            description?: string;
            /** @description An http or https URL, or an empty text for none. */
            website?: string;
            /** @description All that it sells. */
            products?: ("vegetables" | "fruit" | "herbs" | "mushrooms" | "beans" | "grains" | "eggs" | "cheese" | "meat" | "poultry" | "seafood" | "baked goods" | "honey" | "jams" | "maple syrup" | "nuts" | "coffee" | "juices" | "wine" | "tofu" | "wild-harvested food" | "prepared food" | "flowers" | "plants" | "nursery stock" | "trees" | "crafts" | "soap" | "pet food")[];
        };
        VendorDashboard: {
            /** Format: uuid */
            vendor_id: string;
            applications: {
                pending: number;
                waitlisted: number;
                accepted: number;
                rejected: number;
                withdrawn: number;
            };
            /** @description Every market that accepted it, whatever its status, by name then id. */
            markets: {
                /** Format: uuid */
                id: string;
                slug: string;
                name: string;
                city: string;
                /** @description State, province or canton, as the country’s addresses have it; empty where it is not known. */
                region: string;
                /** @description ISO 3166-1 alpha-2; empty where it is not known. */
                country: string;
                /** @enum {string} */
                status: "draft" | "active" | "closed";
            }[];
        };
        VendorList: {
            vendors: components["schemas"]["VendorSummary"][];
            /**
             * @description Where there are more than `total`: of such a list no more are counted.
             * @constant
             */
            total_is_minimum?: true;
            /** @description Leads to the next page, as the `Link` does. Absent on the last one. */
            next_cursor?: string;
            /** @description On all pages. */
            total: number;
            /** @description Absent where a cursor was asked for. */
            page?: number;
            page_size: number;
        };
        VendorProfile: {
            /** Format: uuid */
            id: string;
            business_name: string;
            category: string;
            description: string;
            website: string;
            /** @description What it sells, in the words that `product` of `GET /markets` takes. */
            products: string[];
            /** @description Active markets that accepted it, by name then id. */
            markets: {
                /** Format: uuid */
                id: string;
                slug: string;
                name: string;
                city: string;
                /** @description State, province or canton, as the country’s addresses have it; empty where it is not known. */
                region: string;
                /** @description ISO 3166-1 alpha-2; empty where it is not known. */
                country: string;
            }[];
        };
        VendorRegistration: {
            /** Format: email */
            email: string;
            /** Format: password */
            password: string;
            name: string;
            /** @constant */
            role: "vendor";
            business_name: string;
            category?: string;
            /** @description What it sells. */
            products?: ("vegetables" | "fruit" | "herbs" | "mushrooms" | "beans" | "grains" | "eggs" | "cheese" | "meat" | "poultry" | "seafood" | "baked goods" | "honey" | "jams" | "maple syrup" | "nuts" | "coffee" | "juices" | "wine" | "tofu" | "wild-harvested food" | "prepared food" | "flowers" | "plants" | "nursery stock" | "trees" | "crafts" | "soap" | "pet food")[];
        };
        VendorSummary: {
            /** Format: uuid */
            id: string;
            business_name: string;
            category: string;
            description: string;
            /** @description What it sells, in the words that `product` of `GET /markets` takes. */
            products: string[];
            /** @description Active markets that it sells at. */
            market_count: number;
        };
    };
    responses: {
        /** @description The database is out of reach (`database-unavailable`). Something went wrong on our side (`internal`). The service is overloaded (`overloaded`). The body is too large (`payload-too-large`). Too many requests (`rate-limited`). The body must be application/json (`unsupported-media-type`). The URL is too long (`uri-too-long`). */
        Anywhere: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 503 | 500 | 413 | 429 | 415 | 414;
                    /** @enum {unknown} */
                    code?: "database-unavailable" | "internal" | "overloaded" | "payload-too-large" | "rate-limited" | "unsupported-media-type" | "uri-too-long";
                };
            };
        };
        /** @description A valid token is required (`unauthenticated`). */
        Unauthenticated: {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 401;
                    /** @enum {unknown} */
                    code?: "unauthenticated";
                };
            };
        };
        /** @description The request is not valid (`validation-failed`). */
        ValidationFailed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "validation-failed";
                };
            };
        };
        /** @description This account may not do that (`forbidden`). */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 403;
                    /** @enum {unknown} */
                    code?: "forbidden";
                };
            };
        };
        /** @description Something else was asked under this Idempotency-Key (`idempotency-key-reused`). */
        IdempotencyKeyReused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 422;
                    /** @enum {unknown} */
                    code?: "idempotency-key-reused";
                };
            };
        };
        /** @description The body is not valid JSON (`malformed-json`). The request is not valid (`validation-failed`). */
        MalformedJsonOrValidationFailed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "malformed-json" | "validation-failed";
                };
            };
        };
        /** @description A market with this slug exists already (`slug-taken`). */
        SlugTaken: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "slug-taken";
                };
            };
        };
        /** @description There is no such market (`market-not-found`). */
        MarketNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "market-not-found";
                };
            };
        };
        /** @description It has changed since the client saw it (`precondition-failed`). */
        PreconditionFailed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 412;
                    /** @enum {unknown} */
                    code?: "precondition-failed";
                };
            };
        };
        /** @description More vendors are accepted than there would be stalls (`stalls-taken`). A market with seasons has a time zone (`time-zone-missing`). The current status does not allow that (`wrong-status`). */
        StallsTakenOrTimeZoneMissingOrWrongStatus: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "stalls-taken" | "time-zone-missing" | "wrong-status";
                };
            };
        };
        /** @description A market with seasons has a time zone (`time-zone-missing`). */
        TimeZoneMissing: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "time-zone-missing";
                };
            };
        };
        /** @description The market does not open on that date (`day-not-found`). There is no such market (`market-not-found`). */
        DayNotFoundOrMarketNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "day-not-found" | "market-not-found";
                };
            };
        };
        /** @description Only a draft can be deleted (`not-a-draft`). */
        NotADraft: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "not-a-draft";
                };
            };
        };
        /** @description There is no such organizer (`organizer-not-found`). */
        OrganizerNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "organizer-not-found";
                };
            };
        };
        /** @description There is no such vendor (`vendor-not-found`). */
        VendorNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "vendor-not-found";
                };
            };
        };
        /** @description The vendor has a live application at this market already (`already-applied`). The market takes no applications (`market-not-active`). The market has no organizer here, who could answer an application (`market-unclaimed`). */
        AlreadyAppliedOrMarketNotActiveOrMarketUnclaimed: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "already-applied" | "market-not-active" | "market-unclaimed";
                };
            };
        };
        /** @description There is no such application (`application-not-found`). */
        ApplicationNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "application-not-found";
                };
            };
        };
        /** @description The market has no stall left (`market-full`). The current status does not allow that (`wrong-status`). */
        MarketFullOrWrongStatus: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "market-full" | "wrong-status";
                };
            };
        };
        /** @description The current status does not allow that (`wrong-status`). */
        WrongStatus: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "wrong-status";
                };
            };
        };
        /** @description An account with this e-mail address exists already (`email-taken`). */
        EmailTaken: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "email-taken";
                };
            };
        };
        /** @description An account with this e-mail address exists already (`email-taken`). The password has just been changed by another request (`password-changed`). */
        EmailTakenOrPasswordChanged: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "email-taken" | "password-changed";
                };
            };
        };
        /** @description An active market needs its organizer (`market-active`). The password has just been changed by another request (`password-changed`). */
        MarketActiveOrPasswordChanged: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "market-active" | "password-changed";
                };
            };
        };
        /** @description The password has just been changed by another request (`password-changed`). */
        PasswordChanged: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "password-changed";
                };
            };
        };
        /** @description This service sends no mail (`no-mail`). */
        NoMail: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "no-mail";
                };
            };
        };
        /** @description The link has been used, has expired, or is none of ours (`reset-link-void`). */
        ResetLinkVoid: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    status?: 410;
                    /** @enum {unknown} */
                    code?: "reset-link-void";
                };
            };
        };
    };
    parameters: {
        /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
        IfNoneMatch: string;
        /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
        IfMatch: string;
        /**
         * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
         * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
         */
        IdempotencyKey: string;
    };
    requestBodies: never;
    headers: {
        /**
         * @description A strong entity tag: equal tags, equal bytes, so that each content coding has one of its own. Send it back as `If-None-Match`, and as `If-Match` with a write.
         * @example "ToWnaZ49AUsKrGmwdOAx2yALcWY"
         */
        ETag: string;
        /**
         * @description `private, no-cache` or `no-cache` on what has an `ETag`: keep it, and ask each time. `no-store` on all else.
         * @example private, no-cache
         */
        "Cache-Control": string;
        /**
         * @description Where the answer came from (RFC 9211): `hit` with the remaining seconds and the tier, `fwd=miss`, `fwd=bypass` with the reason, or `hit; detail=unverified` while the database is out of reach.
         * @example marketflow; hit; ttl=287; detail=l1
         */
        "Cache-Status": string;
        /**
         * @description Seconds since an `unverified` answer was loaded. Absent on all others.
         * @example 12
         */
        Age: number;
        /**
         * @description The bytes depend on the content coding that is asked for, and, where it says so, on who asks.
         * @example Accept-Encoding
         */
        Vary: string;
        /**
         * @description Where `Accept-Encoding` asks for it and it is worth it: a body of 1 kB or more has been compressed once, when it was cached. Absent on all others.
         * @example br
         */
        "Content-Encoding": "br" | "gzip" | "zstd";
        /**
         * @description The pages before and after this one (RFC 8288): `rel="prev"` and `rel="next"`, where there are such. A list that has cursors leads on by them. Of what is deprecated, also where that is explained.
         * @example </markets?page=1>; rel="prev", </markets?page=3>; rel="next"
         */
        Link: string;
        /**
         * @description What is allowed: `q` requests in `w` seconds (draft-ietf-httpapi-ratelimit-headers).
         * @example "writes";q=300;w=60
         */
        "RateLimit-Policy": string;
        /**
         * @description What is left of it: `r` requests, until all are given back in `t` seconds. Absent where nothing is limited.
         * @example "writes";r=287;t=41
         */
        RateLimit: string;
        /**
         * @description The path of what was made.
         * @example /markets/8a64ea05-90ce-43e8-872f-bf8324b7ac58
         */
        Location: string;
        /**
         * @description Seconds to wait before the next try.
         * @example 1
         */
        "Retry-After": number;
        /**
         * @description The scheme to authenticate by; `invalid_token` if the one that was sent is not good (any more).
         * @example Bearer error="invalid_token"
         */
        "WWW-Authenticate": "Bearer" | "Bearer error=\"invalid_token\"";
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listMarkets: {
        parameters: {
            query?: {
                /** @description Which page, counted from 1. */
                page?: number;
                /** @description How many a page holds. */
                page_size?: number;
                /** @description Instead of `page`: the page behind one whose `next_cursor` this is. However deep, it costs what the first one does, and what is opened, renamed or closed meanwhile neither repeats nor hides another market. */
                cursor?: string;
                /** @description Only markets of this city, compared without case and surrounding blanks. */
                city?: string;
                /** @description Only markets of this state, province or canton, compared likewise, as they write it. */
                region?: string;
                /** @description Only markets of this country, by its two letters of ISO 3166-1. */
                country?: string;
                /** @description Only markets that have all these words in their name, city, region or the names of those who sell there, compared without case and accents; of three letters or more, their beginnings suffice. At most the first 200 are found: narrow by place. */
                q?: string;
                /** @description Only markets that a directory lists with this product, or where one of the vendors sells it. At most the first 200 are found: narrow by place. */
                product?: "" | "vegetables" | "fruit" | "herbs" | "mushrooms" | "beans" | "grains" | "eggs" | "cheese" | "meat" | "poultry" | "seafood" | "baked goods" | "honey" | "jams" | "maple syrup" | "nuts" | "coffee" | "juices" | "wine" | "tofu" | "wild-harvested food" | "prepared food" | "flowers" | "plants" | "nursery stock" | "trees" | "crafts" | "soap" | "pet food";
                /** @description Only markets that open on this date, where they stand; with their hours. */
                on?: string;
                /** @description Only markets that open on a date from this one on; with to. */
                from?: string;
                /** @description Up to this date: at most seven days. */
                to?: string;
                /** @description Only markets whose place is known and within `radius_km` of this point, the nearest first, each with its distance. Goes together with dates, and with no place, no words, no product and no cursor. */
                near?: string;
                /** @description How far, in km; with near. */
                radius_km?: 5 | 10 | 25 | 50;
            };
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    Link: components["headers"]["Link"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["MarketList"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            default: components["responses"]["Anywhere"];
        };
    };
    createMarket: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMarket"];
            };
        };
        responses: {
            /** @description The draft. */
            201: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    Location: components["headers"]["Location"];
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["MarketDetail"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["SlugTaken"];
            422: components["responses"]["IdempotencyKeyReused"];
            default: components["responses"]["Anywhere"];
        };
    };
    getMarket: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The market’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The market. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["MarketDetail"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["MarketNotFound"];
            default: components["responses"]["Anywhere"];
        };
    };
    updateMarket: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The market’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MarketChanges"];
            };
        };
        responses: {
            /** @description The market as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["MarketDetail"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MarketNotFound"];
            409: components["responses"]["StallsTakenOrTimeZoneMissingOrWrongStatus"];
            412: components["responses"]["PreconditionFailed"];
            default: components["responses"]["Anywhere"];
        };
    };
    deleteMarket: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The market’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description There is no such market any more, and its slug is free. */
            204: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MarketNotFound"];
            409: components["responses"]["NotADraft"];
            412: components["responses"]["PreconditionFailed"];
            default: components["responses"]["Anywhere"];
        };
    };
    patchMarket: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The market’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MarketChanges"];
            };
        };
        responses: {
            /** @description The market as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["MarketDetail"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MarketNotFound"];
            409: components["responses"]["StallsTakenOrTimeZoneMissingOrWrongStatus"];
            412: components["responses"]["PreconditionFailed"];
            default: components["responses"]["Anywhere"];
        };
    };
    scheduleMarket: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The market’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Schedule"];
            };
        };
        responses: {
            /** @description The market as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["MarketDetail"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MarketNotFound"];
            409: components["responses"]["TimeZoneMissing"];
            412: components["responses"]["PreconditionFailed"];
            default: components["responses"]["Anywhere"];
        };
    };
    listDays: {
        parameters: {
            query?: {
                /** @description The first date. Without it, today where the market stands. */
                from?: string;
                /** @description The last date. Without it, ninety days later. */
                to?: string;
            };
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The market’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The days, by date. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["MarketDays"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["MarketNotFound"];
            default: components["responses"]["Anywhere"];
        };
    };
    changeDay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The market’s id. */
                id: string;
                /** @description The market’s id. */
                date: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DayChanges"];
            };
        };
        responses: {
            /** @description The day as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["MarketDay"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["DayNotFoundOrMarketNotFound"];
            default: components["responses"]["Anywhere"];
        };
    };
    listOwnMarkets: {
        parameters: {
            query?: {
                /** @description Which page, counted from 1. */
                page?: number;
                /** @description How many a page holds. */
                page_size?: number;
                status?: "draft" | "active" | "closed";
            };
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    Link: components["headers"]["Link"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["OwnMarketList"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrganizerNotFound"];
            default: components["responses"]["Anywhere"];
        };
    };
    getMarketStats: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The market’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The counts. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["MarketStats"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["MarketNotFound"];
            default: components["responses"]["Anywhere"];
        };
    };
    listVendors: {
        parameters: {
            query?: {
                /** @description Which page, counted from 1. */
                page?: number;
                /** @description How many a page holds. */
                page_size?: number;
                /** @description Instead of `page`: the page behind one whose `next_cursor` this is. However deep, it costs what the first one does, and what is opened, renamed or closed meanwhile neither repeats nor hides another vendor. */
                cursor?: string;
                /** @description Only vendors that have all these words in their name, compared without case and accents; of three letters or more, their beginnings suffice. At most the first 200 are found. */
                q?: string;
                /** @description Only vendors that sell this. */
                product?: "" | "vegetables" | "fruit" | "herbs" | "mushrooms" | "beans" | "grains" | "eggs" | "cheese" | "meat" | "poultry" | "seafood" | "baked goods" | "honey" | "jams" | "maple syrup" | "nuts" | "coffee" | "juices" | "wine" | "tofu" | "wild-harvested food" | "prepared food" | "flowers" | "plants" | "nursery stock" | "trees" | "crafts" | "soap" | "pet food";
                /** @description Only vendors that sell at this market. */
                market?: string;
            };
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    Link: components["headers"]["Link"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["VendorList"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            default: components["responses"]["Anywhere"];
        };
    };
    getVendor: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The vendor’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The profile. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["VendorProfile"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["VendorNotFound"];
            default: components["responses"]["Anywhere"];
        };
    };
    updateVendor: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The vendor’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VendorChanges"];
            };
        };
        responses: {
            /** @description The profile as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["VendorProfile"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["VendorNotFound"];
            412: components["responses"]["PreconditionFailed"];
            default: components["responses"]["Anywhere"];
        };
    };
    patchVendor: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /** @description The vendor’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VendorChanges"];
            };
        };
        responses: {
            /** @description The profile as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["VendorProfile"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["VendorNotFound"];
            412: components["responses"]["PreconditionFailed"];
            default: components["responses"]["Anywhere"];
        };
    };
    getVendorDashboard: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The vendor’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The dashboard. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["VendorDashboard"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["VendorNotFound"];
            default: components["responses"]["Anywhere"];
        };
    };
    getOrganizerDashboard: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The organizer’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The dashboard. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["OrganizerDashboard"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["OrganizerNotFound"];
            default: components["responses"]["Anywhere"];
        };
    };
    listApplications: {
        parameters: {
            query?: {
                /** @description Which page, counted from 1. */
                page?: number;
                /** @description How many a page holds. */
                page_size?: number;
                status?: "pending" | "waitlisted" | "accepted" | "rejected" | "withdrawn";
            };
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The market’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    Link: components["headers"]["Link"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["ApplicationList"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MarketNotFound"];
            default: components["responses"]["Anywhere"];
        };
    };
    applyToMarket: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The market’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewApplication"];
            };
        };
        responses: {
            /** @description The application, pending. */
            201: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    Location: components["headers"]["Location"];
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MarketNotFound"];
            409: components["responses"]["AlreadyAppliedOrMarketNotActiveOrMarketUnclaimed"];
            422: components["responses"]["IdempotencyKeyReused"];
            default: components["responses"]["Anywhere"];
        };
    };
    listOwnApplications: {
        parameters: {
            query?: {
                /** @description Which page, counted from 1. */
                page?: number;
                /** @description How many a page holds. */
                page_size?: number;
                status?: "pending" | "waitlisted" | "accepted" | "rejected" | "withdrawn";
            };
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the list. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    Link: components["headers"]["Link"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["ApplicationList"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    Link: components["headers"]["Link"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["VendorNotFound"];
            default: components["responses"]["Anywhere"];
        };
    };
    getApplication: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /** @description The application’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The application. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            /** @description `If-None-Match` names what would be sent: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Cache-Status": components["headers"]["Cache-Status"];
                    Age: components["headers"]["Age"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            404: components["responses"]["ApplicationNotFound"];
            default: components["responses"]["Anywhere"];
        };
    };
    acceptApplication: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The application’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The application as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ApplicationNotFound"];
            409: components["responses"]["MarketFullOrWrongStatus"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["IdempotencyKeyReused"];
            default: components["responses"]["Anywhere"];
        };
    };
    rejectApplication: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The application’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The application as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ApplicationNotFound"];
            409: components["responses"]["WrongStatus"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["IdempotencyKeyReused"];
            default: components["responses"]["Anywhere"];
        };
    };
    waitlistApplication: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The application’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The application as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ApplicationNotFound"];
            409: components["responses"]["WrongStatus"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["IdempotencyKeyReused"];
            default: components["responses"]["Anywhere"];
        };
    };
    removeVendor: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The application’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Removal"];
            };
        };
        responses: {
            /** @description The application as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ApplicationNotFound"];
            409: components["responses"]["WrongStatus"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["IdempotencyKeyReused"];
            default: components["responses"]["Anywhere"];
        };
    };
    withdrawApplication: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has seen: if that has changed since, nothing is done, and the answer is 412. Of two writes with the same that change something one succeeds. */
                "If-Match"?: components["parameters"]["IfMatch"];
                /**
                 * @description A random text of the client’s own, which stands for this request for 24 hours: sent again, after whatever failure, it is executed at most once, and answered the same. Another body under the same key is refused.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /** @description The application’s id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The application as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    ETag: components["headers"]["ETag"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["ApplicationDetail"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ApplicationNotFound"];
            409: components["responses"]["WrongStatus"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["IdempotencyKeyReused"];
            default: components["responses"]["Anywhere"];
        };
    };
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description The account, signed in. */
            201: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    Location: components["headers"]["Location"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            409: components["responses"]["EmailTaken"];
            default: components["responses"]["Anywhere"];
        };
    };
    logIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description The account, signed in. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            default: components["responses"]["Anywhere"];
        };
    };
    getAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["Account"];
                };
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            default: components["responses"]["Anywhere"];
        };
    };
    deleteAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountDeletion"];
            };
        };
        responses: {
            /** @description The account is gone. */
            204: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["MarketActiveOrPasswordChanged"];
            default: components["responses"]["Anywhere"];
        };
    };
    updateAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountChanges"];
            };
        };
        responses: {
            /** @description The account as it is now. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["Account"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["EmailTakenOrPasswordChanged"];
            default: components["responses"]["Anywhere"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description The account, signed in anew. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["PasswordChanged"];
            default: components["responses"]["Anywhere"];
        };
    };
    requestPasswordReset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordResetRequest"];
            };
        };
        responses: {
            /** @description Noted. */
            204: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            409: components["responses"]["NoMail"];
            default: components["responses"]["Anywhere"];
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordReset"];
            };
        };
        responses: {
            /** @description The account, signed in anew. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            410: components["responses"]["ResetLinkVoid"];
            default: components["responses"]["Anywhere"];
        };
    };
    signOutEverywhere: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out. */
            204: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    RateLimit: components["headers"]["RateLimit"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["MalformedJsonOrValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            default: components["responses"]["Anywhere"];
        };
    };
    checkHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok"
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["ValidationFailed"];
            default: components["responses"]["Anywhere"];
        };
    };
    checkReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            400: components["responses"]["ValidationFailed"];
            /** @description Not ready. */
            503: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
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
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            default: components["responses"]["Anywhere"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    /** @example marketflow_cache_reads_total{view="market-detail",result="hit"} 1287 */
                    "text/plain": components["schemas"]["Metrics"];
                };
            };
            400: components["responses"]["ValidationFailed"];
            401: components["responses"]["Unauthenticated"];
            default: components["responses"]["Anywhere"];
        };
    };
    getDocument: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` of what the client has: if that is still current, the answer is 304. */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1. */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    Vary: components["headers"]["Vary"];
                    "Content-Encoding": components["headers"]["Content-Encoding"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "openapi": "3.1.1"
                     *     }
                     */
                    "application/json": components["schemas"]["Document"];
                };
            };
            /** @description `If-None-Match` names this document: it is unchanged. */
            304: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    Vary: components["headers"]["Vary"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["ValidationFailed"];
            default: components["responses"]["Anywhere"];
        };
    };
}
