/** What every server of the benchmark sends: the bytes of `BODY` under the headers that our service has, too. */
export function constantPage() {
  const body = Buffer.from(process.env.BODY ?? '')
  return { body, headers: headersOf(body, '"constant"') }
}

export function headersOf(body: Buffer, etag: string) {
  return {
    ETag: etag,
    'Cache-Control': 'private, no-cache',
    'Content-Type': 'application/json',
    'Content-Length': body.length,
  }
}
