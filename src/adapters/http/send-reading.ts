import type { IncomingMessage } from 'node:http'
import type { Response } from 'express'
import type { Reading } from '../../application/caching/reading.ts'
import { cacheStatusOf } from './cache-status.ts'
import { namesEtag } from './conditional.ts'
import { sentRequestId } from './request-id.ts'

/** Whether the same URL answers differently to different accounts. */
export type Audience = 'everybody' | 'by-account'

/**
 * Answers a cacheable GET or HEAD. The product's hot path: the bytes and their tag were made when the entry was filled,
 * so that nothing is serialized, hashed or compared beyond what the client asks for, and the head is written once.
 */
export function sendReading(
  req: IncomingMessage,
  res: Response,
  reading: Reading<unknown>,
  audience: Audience,
  contentType = 'application/json',
): void {
  const { status, etag } = reading
  const cacheStatus = cacheStatusOf(status)
  res.locals.cacheStatus = cacheStatus
  const headers: Record<string, string | number> = {
    ETag: etag,
    // A shared cache's request collapsing, or a browser's heuristics, would lose read-after-write downstream.
    'Cache-Control': 'private, no-cache',
    'Cache-Status': cacheStatus,
  }
  if (audience === 'by-account') headers.Vary = 'Authorization'
  if (status.kind === 'unverified') headers.Age = status.ageS
  const requestId = sentRequestId(req)
  if (requestId !== undefined) headers['X-Request-Id'] = requestId

  const ifNoneMatch = req.headers['if-none-match']
  if (ifNoneMatch !== undefined && namesEtag(ifNoneMatch, etag)) {
    res.writeHead(304, headers).end()
    return
  }
  const { body } = reading
  headers['Content-Type'] = contentType
  headers['Content-Length'] = body.length
  res.writeHead(200, headers)
  if (req.method === 'HEAD') res.end()
  else res.end(body)
}
