import type { Response } from 'express'
import { sentRequestId } from './request-id.ts'

/** Answers with what no cache may keep: writes, tokens, an account's own data, the state of this process. */
export function sendJson(
  res: Response,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(JSON.stringify(value))
  const requestId = sentRequestId(res.req)
  res
    .writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
      'Cache-Control': 'no-store',
      ...(requestId !== undefined && { 'X-Request-Id': requestId }),
      ...headers,
    })
    .end(body)
}

/** Answers a write that leaves nothing to tell. */
export function sendNothing(res: Response): void {
  const requestId = sentRequestId(res.req)
  res
    .writeHead(204, {
      'Cache-Control': 'no-store',
      ...(requestId !== undefined && { 'X-Request-Id': requestId }),
    })
    .end()
}
