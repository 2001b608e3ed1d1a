import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendReading } from '../../../../src/adapters/http/kit/respond.ts'
import type { Front } from './front.ts'

/** Production's answer to a conditional GET, over a response that keeps what is sent. */
export const sendsReading: Front = async (ifNoneMatch, read) => {
  const reading = await read()
  const sent = new SentResponse()
  const headers = ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }
  const req = { method: 'GET', headers } as unknown as IncomingMessage
  sendReading(req, sent as unknown as ServerResponse, reading, { vary: '' }, [])
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
