import { z } from 'zod'
import { application, marketApplications } from '../../../application/views/application-views.ts'
import {
  marketDetail,
  marketListing,
  marketStats,
  marketSummary,
} from '../../../application/views/market-views.ts'
import { organizerDashboard } from '../../../application/views/organizer-views.ts'
import { vendorDashboard, vendorProfile } from '../../../application/views/vendor-views.ts'
import { accountView, signedInView } from '../account-views.ts'
import { moved, newApplication } from '../application-schemas.ts'
import {
  login,
  organizerRegistration,
  passwordChange,
  registration,
  vendorRegistration,
} from '../auth-schemas.ts'
import { marketChanges, newMarket } from '../market-schemas.ts'
import { problem } from '../problem-schema.ts'
import { documentView, health, metricsText, readiness } from '../system-views.ts'
import { vendorChanges } from '../vendor-schemas.ts'
import { documentedAs } from './documented.ts'

type JsonSchema = z.core.JSONSchema.BaseSchema

/** Every body that is sent or answered, under the name that clients get for its type. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  Account: accountView,
  Application: application,
  ApplicationList: marketApplications,
  Document: documentView,
  Health: health,
  Login: login,
  MarketChanges: marketChanges,
  MarketDetail: marketDetail,
  MarketList: marketListing,
  MarketStats: marketStats,
  MarketSummary: marketSummary,
  Metrics: metricsText,
  Moved: moved,
  NewApplication: newApplication,
  NewMarket: newMarket,
  OrganizerDashboard: organizerDashboard,
  OrganizerRegistration: organizerRegistration,
  PasswordChange: passwordChange,
  Problem: problem,
  Readiness: readiness,
  Registration: registration,
  SignedIn: signedInView,
  VendorChanges: vendorChanges,
  VendorDashboard: vendorDashboard,
  VendorProfile: vendorProfile,
  VendorRegistration: vendorRegistration,
}

const names = z.registry<{ id: string }>()
for (const [id, schema] of Object.entries(NAMED)) names.add(schema, { id })

/** As what travels: before defaults and renamings on the way in, and no less on the way out. */
const SETTINGS = { io: 'input', target: 'draft-2020-12', override: amend } as const

/** The document's `components.schemas`. */
export function componentSchemas(): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(names, { ...SETTINGS, uri: pathOf })
  for (const schema of Object.values(schemas)) {
    delete schema.$schema
    delete schema.$id
  }
  return schemas
}

/** @throws Error for a schema without a name: what clients see has one */
export function schemaRef(schema: z.ZodType): { $ref: string } {
  const id = names.get(schema)?.id
  if (id === undefined) throw new Error('A schema of the API has no name')
  return { $ref: pathOf(id) }
}

/** The properties of a query's schema, each of which is a parameter. */
export function queryProperties(query: z.ZodType): Record<string, JsonSchema> {
  return (z.toJSONSchema(query, SETTINGS).properties ?? {}) as Record<string, JsonSchema>
}

function pathOf(id: string): string {
  return `#/components/schemas/${id}`
}

function amend({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: JsonSchema }): void {
  // These formats are defined by RFCs; zod's patterns for them are long and say no more.
  if (jsonSchema.format === 'uuid' || jsonSchema.format === 'date-time') delete jsonSchema.pattern
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  for (const [keyword, value] of Object.entries(documentedAs.get(zodSchema) ?? {})) {
    if (value === undefined) delete jsonSchema[keyword]
    else jsonSchema[keyword] = value
  }
}
