import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Response } from 'express'
import type { Encoded } from '../../../application/consistency/ports/cache-port.ts'
import type { Reading, ReadStatus } from '../../../application/consistency/reading.ts'
import { codedTag, preferredCoding, zstd } from './content-coding.ts'
import { noteCacheStatus } from './observe.ts'
import type { HeaderList } from './security-headers.ts'

/** How a view is sent, whatever is in it. */
export interface Sending {
  /** The request's fields by which the same URL answers differently. */
  readonly vary: string
  readonly contentType?: string
  /** Beside those that every answer has (`server.ts`). */
  readonly headers?: HeaderList
  /** What is sent instead of a body that could not be verified, to people, who see no header field. */
  readonly asUnverified?: ((body: Buffer) => Buffer) | undefined
}

/**
 * Answers a cacheable GET or HEAD. The product's hot path: the bytes, in each coding, and their tag were made when the
 * entry was filled, so that nothing is serialized, compressed, hashed or compared beyond what the client asks for, and
 * the head is written once, as the flat list that Node needs no second look at. `fields`: what this answer has beside,
 * names and values in turn.
 */
export function sendReading(
  req: IncomingMessage,
  res: ServerResponse,
  reading: Reading<unknown>,
  { vary, contentType = 'application/json', headers: more = [], asUnverified }: Sending,
  fields: readonly string[],
): void {
  const { status } = reading
  const cacheStatus = cacheStatusOf(status)
  noteCacheStatus(res, cacheStatus)
  // The mark is no part of what the tag names: with a tag, a verified 304 would keep the mark on the page for good.
  const marked = status.kind === 'unverified' ? asUnverified?.(reading.body) : undefined
  const headers: (string | number)[] = []
  // A shared cache's request collapsing, or a browser's heuristics, would lose read-after-write downstream.
  headers.push('Cache-Control', 'private, no-cache', 'Cache-Status', cacheStatus, 'Vary', vary)
  if (status.kind === 'unverified') headers.push('Age', status.ageS)
  for (const [name, value] of more) headers.push(name, value)
  headers.push(...fields)
  if (marked === undefined) sendNegotiated(req, res, reading, headers, contentType)
  else sendBody(req, res, marked, headers, contentType)
}

/** What is sent under one URL, as it is or in another content coding. */
export interface Representation {
  readonly body: Buffer
  readonly encoded?: Encoded | undefined
  /** Of the body as it is. */
  readonly etag: string
}

/** Answers 304 to a client that has it, else sends it in the coding that the client prefers; each has a tag of its own. */
export function sendNegotiated(
  req: IncomingMessage,
  res: ServerResponse,
  { body: plain, encoded, etag: plainTag }: Representation,
  headers: (string | number)[],
  contentType: string,
): void {
  const coding =
    encoded === undefined ? 'identity' : preferredCoding(req.headers['accept-encoding'] as string)
  const etag = codedTag(plainTag, coding)
  headers.push('ETag', etag)
  const ifNoneMatch = req.headers['if-none-match']
  if (ifNoneMatch !== undefined && namesEtag(ifNoneMatch, etag)) {
    res.writeHead(304, headers as string[]).end()
    return
  }
  let body = plain
  if (encoded !== undefined && coding !== 'identity') {
    body = coding === 'zstd' ? zstd(plain) : encoded[coding]
    headers.push('Content-Encoding', coding)
  }
  sendBody(req, res, body, headers, contentType)
}

function sendBody(
  { method }: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  headers: (string | number)[],
  contentType: string,
): void {
  headers.push('Content-Type', contentType, 'Content-Length', body.length)
  res.writeHead(200, headers as string[])
  if (method === 'HEAD') res.end()
  else res.end(body)
}

/** Answers with what no cache may keep: writes, tokens, an account's own data, the state of this process. */
export function sendJson(
  res: Response,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendBytes(res, status, Buffer.from(JSON.stringify(value)), headers)
}

/** Answers a write with what it wrote, in the bytes that a read sends. */
export function sendRepresentation(
  res: Response,
  status: number,
  { body, etag }: Representation,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendBytes(res, status, body, { ETag: etag, ...headers })
}

function sendBytes(
  res: Response,
  status: number,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
): void {
  res
    .writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
      'Cache-Control': 'no-store',
      ...headers,
    })
    .end(body)
}

/** Answers a write that leaves nothing to tell. */
export function sendNothing(res: Response): void {
  res.writeHead(204, { 'Cache-Control': 'no-store' }).end()
}

/** `Cache-Status` as RFC 9211 writes it. */
export function cacheStatusOf(status: ReadStatus): string {
  switch (status.kind) {
    case 'hit':
      return `marketflow; hit; ttl=${status.ttlS}; detail=${status.tier}`
    case 'miss':
      return status.stored ? 'marketflow; fwd=miss; stored' : 'marketflow; fwd=miss'
    case 'bypass':
      return `marketflow; fwd=bypass; detail=${status.reason}`
    case 'unverified':
      return 'marketflow; hit; detail=unverified'
  }
}

const ENTITY_TAG = /"[^"]*"/g

/**
 * Whether `If-None-Match` names this representation (RFC 9110, 13.1.2): a list of tags, or `*` for any. The comparison
 * is the weak one, so `W/"x"` names `"x"`: proxies that compress on the way weaken tags.
 */
export function namesEtag(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch === etag) return true
  if (ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.match(ENTITY_TAG)?.includes(etag) ?? false
}
