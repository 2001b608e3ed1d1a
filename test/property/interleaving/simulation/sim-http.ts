import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendReading } from '../../../../src/adapters/http/kit/respond.ts'
import type { Reading, ReadStatus } from '../../../../src/application/consistency/reading.ts'
import type { VersionView } from './version-view.ts'

/** What a client gets. Without a version it keeps what it has: 304. */
export interface HttpAnswer {
  readonly etag: string
  readonly version: number | undefined
  readonly status: ReadStatus
}

/** Production's answer to a conditional GET, over a response that keeps what is sent. */
export async function sendsReading(
  ifNoneMatch: string | undefined,
  read: () => Promise<Reading<VersionView>>,
): Promise<HttpAnswer> {
  const reading = await read()
  const sent = new SentResponse()
  const headers = ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }
  const req = { method: 'GET', headers } as unknown as IncomingMessage
  sendReading(req, sent as unknown as ServerResponse, reading, { variesByAccount: false })
  const version = sent.code === 304 ? undefined : JSON.parse(String(sent.body)).version
  return { etag: sent.etag, version, status: reading.status }
}

class SentResponse {
  code = 0
  etag = ''
  body: unknown

  writeHead(code: number, headers: readonly string[]): this {
    this.code = code
    this.etag = headers[headers.indexOf('ETag') + 1]!
    return this
  }

  end(body?: unknown): void {
    this.body = body
  }
}
