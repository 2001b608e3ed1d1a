import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Response } from 'express'
import { namesEtag } from './conditional.ts'
import { sentRequestId } from './request-id.ts'

/** Bytes that stay the same while the process runs. */
export interface StaticContent {
  readonly bytes: Buffer
  readonly etag: string
  readonly headers: Readonly<Record<string, string>>
}

export function staticContent(
  bytes: Buffer,
  contentType: string,
  headers: Readonly<Record<string, string>> = {},
): StaticContent {
  const digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 27)
  return {
    bytes,
    etag: `"${digest}"`,
    headers: {
      'Content-Type': contentType,
      // Another version of the service has other bytes under the same URL.
      'Cache-Control': 'no-cache',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    },
  }
}

/** Answers a GET or HEAD with it, or with 304 to a client that has it. */
export function sendStatic(req: IncomingMessage, res: Response, content: StaticContent): void {
  const { bytes, etag } = content
  const requestId = sentRequestId(req)
  const headers = {
    ...content.headers,
    ETag: etag,
    ...(requestId !== undefined && { 'X-Request-Id': requestId }),
  }
  const ifNoneMatch = req.headers['if-none-match']
  if (ifNoneMatch !== undefined && namesEtag(ifNoneMatch, etag)) {
    res.writeHead(304, headers).end()
    return
  }
  res.writeHead(200, { ...headers, 'Content-Length': bytes.length }).end(bytes)
}
