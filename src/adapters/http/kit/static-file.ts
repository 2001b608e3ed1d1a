import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Request, Response } from 'express'
import send from 'send'
import { compressLarge, preferredCoding } from './content-coding.ts'
import { type Representation, sendNegotiated } from './respond.ts'

export interface FileSending {
  /** Default: `no-cache`. Another version of the service has other bytes under the same URL. */
  readonly cacheControl?: string
  /** Beside those that every answer has. */
  readonly headers?: Iterable<readonly [name: string, value: string]>
}

/** The text files of ours; pictures have been compressed before. */
const TEXT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * Answers a GET or HEAD with a file of ours: text compressed, to clients that take it, from one copy in memory for all.
 * Anything else is streamed from the disk each time: what a thousand clients ask for at once takes the buffers of a
 * thousand streams, and never a thousand copies of the file.
 */
export async function sendFile(
  req: Request,
  res: Response,
  file: URL,
  { cacheControl = 'no-cache', headers = [] }: FileSending = {},
): Promise<void> {
  const path = fileURLToPath(file)
  const type = TEXT_TYPES[extname(path)]
  const fields: (readonly [string, string])[] = [...headers, ['Cache-Control', cacheControl]]
  if (type !== undefined) fields.push(['Vary', 'Accept-Encoding'])
  if (type !== undefined && preferredCoding(req.headers['accept-encoding'] as string) !== 'identity') {
    sendNegotiated(req, res, await compressed(path), fields.flat(), type)
    return
  }
  for (const [name, value] of fields) res.setHeader(name, value)
  await stream(req, res, path)
}

const made = new Map<string, Promise<Representation>>()

/** The file as it was when it was first asked for, and in each coding; made once, and by those who ask meanwhile, too. */
function compressed(path: string): Promise<Representation> {
  let making = made.get(path)
  if (making === undefined) {
    making = readFile(path).then(async (body) => ({
      body,
      encoded: await compressLarge(body),
      etag: `"${hash('sha1', body, 'base64url')}"`,
    }))
    made.set(path, making)
    // One that failed is tried again.
    making.catch(() => made.delete(path))
  }
  return making
}

function stream(req: Request, res: Response, path: string): Promise<void> {
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
