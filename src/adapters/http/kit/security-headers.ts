import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet, { type HelmetOptions } from 'helmet'

export type HeaderList = readonly (readonly [name: string, value: string])[]

/** What helmet would set on every answer. It depends on no request, so it is asked once. */
function securityHeaders(options: HelmetOptions): HeaderList {
  const headers: [string, string][] = []
  const response = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => {},
  }
  helmet(options)({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error
  })
  return headers
}

/**
 * For pages with our own script alone: nothing else may run, nothing comes from elsewhere, no page may frame them. HTTPS is only
 * insisted on where the service is known to be reached by it; elsewhere a page could not load its own stylesheet.
 */
export function pageHeaders(publicUrl: string | undefined): HeaderList {
  const https = isHttps(publicUrl)
  return securityHeaders({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        ...(https && { upgradeInsecureRequests: [] }),
      },
    },
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
    strictTransportSecurity: https,
    xFrameOptions: { action: 'deny' },
  })
}

const ON_EVERY_ANSWER = ['Content-Security-Policy', 'Strict-Transport-Security', 'X-Content-Type-Options']

/** For whatever is no page: a browser that is led there shows the bytes, and runs, loads and frames nothing. */
export function answerHeaders(publicUrl?: string): HeaderList {
  return securityHeaders({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    strictTransportSecurity: isHttps(publicUrl),
  }).filter(([name]) => ON_EVERY_ANSWER.includes(name))
}

function isHttps(publicUrl: string | undefined): boolean {
  return publicUrl?.startsWith('https:') ?? false
}
