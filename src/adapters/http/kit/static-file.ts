import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Request, Response } from 'express'
import send from 'send'

export interface FileSending {
  /** Default: `no-cache`. Another version of the service has other bytes under the same URL. */
  readonly cacheControl?: string
  /** Beside those that every answer has. */
  readonly headers?: Iterable<readonly [name: string, value: string]>
}

/**
 * Answers a GET or HEAD with a file of ours. It is streamed from the disk each time: what a thousand clients ask for at
 * once takes the buffers of a thousand streams, and never a thousand copies of the file.
 */
export function sendFile(
  req: Request,
  res: Response,
  file: URL,
  { cacheControl = 'no-cache', headers = [] }: FileSending = {},
): Promise<void> {
  const path = fileURLToPath(file)
  for (const [name, value] of headers) res.setHeader(name, value)
  res.setHeader('Cache-Control', cacheControl)
  return new Promise((resolve, reject) => {
    res.once('close', resolve)
    send(req, basename(path), { root: dirname(path), acceptRanges: false, cacheControl: false })
      .on('error', (error: Error & { readonly status: number }) => {
        // A precondition of the client's own that failed; anything else is a file of ours that cannot be read.
        if (error.status < 500 && error.status !== 404) res.writeHead(error.status).end()
        else reject(error)
      })
      .pipe(res)
  })
}
