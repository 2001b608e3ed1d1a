import type { Request } from 'express'
import { type ErrorCode, MarketflowError } from '../../domain/errors.ts'

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The `:id` of the path, in lower case.
 * @throws MarketflowError the `missing` code for what cannot be an id: nothing has that name, so nothing is found
 */
export function pathId(req: Request, missing: Extract<ErrorCode, `${string}-not-found`>): string {
  return assertId(String(req.params.id), missing)
}

/** As `pathId`, for an id from elsewhere. */
export function assertId(text: string, missing: Extract<ErrorCode, `${string}-not-found`>): string {
  const id = text.toLowerCase()
  if (!UUID.test(id)) throw new MarketflowError(missing)
  return id
}
