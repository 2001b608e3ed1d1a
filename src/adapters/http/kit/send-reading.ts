import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reading } from '../../../application/consistency/reading.ts'
import { cacheStatusOf } from './cache-status.ts'
import { namesEtag } from './conditional.ts'
import { noteCacheStatus } from './observe.ts'
import { sentRequestId } from './request-id.ts'
import type { HeaderList } from './security-headers.ts'

/** How a view is sent, whatever is in it. */
export interface Sending {
  /** Whether the same URL answers differently to different accounts. */
  readonly variesByAccount: boolean
  readonly contentType?: string
  /** Beside those that every answer has (`server.ts`). */
  readonly headers?: HeaderList
  /** What is sent instead of a body that could not be verified, to people, who see no header field. */
  readonly asUnverified?: ((body: Buffer) => Buffer) | undefined
}

/**
 * Answers a cacheable GET or HEAD. The product's hot path: the bytes and their tag were made when the entry was filled,
 * so that nothing is serialized, hashed or compared beyond what the client asks for, and the head is written once, as
 * the flat list that Node needs no second look at.
 */
export function sendReading(
  req: IncomingMessage,
  res: ServerResponse,
  reading: Reading<unknown>,
  { variesByAccount, contentType = 'application/json', headers: more = [], asUnverified }: Sending,
): void {
  const { status, etag } = reading
  const cacheStatus = cacheStatusOf(status)
  noteCacheStatus(res, cacheStatus)
  // The mark is no part of what the tag names: with a tag, a verified 304 would keep the mark on the page for good.
  const marked = status.kind === 'unverified' ? asUnverified?.(reading.body) : undefined
  const headers: (string | number)[] = marked === undefined ? ['ETag', etag] : []
  // A shared cache's request collapsing, or a browser's heuristics, would lose read-after-write downstream.
  headers.push('Cache-Control', 'private, no-cache', 'Cache-Status', cacheStatus)
  if (variesByAccount) headers.push('Vary', 'Authorization')
  if (status.kind === 'unverified') headers.push('Age', status.ageS)
  for (const [name, value] of more) headers.push(name, value)
  const requestId = sentRequestId(req)
  if (requestId !== undefined) headers.push('X-Request-Id', requestId)

  const ifNoneMatch = marked === undefined ? req.headers['if-none-match'] : undefined
  if (ifNoneMatch !== undefined && namesEtag(ifNoneMatch, etag)) {
    res.writeHead(304, headers as string[]).end()
    return
  }
  const body = marked ?? reading.body
  headers.push('Content-Type', contentType, 'Content-Length', body.length)
  res.writeHead(200, headers as string[])
  if (req.method === 'HEAD') res.end()
  else res.end(body)
}
