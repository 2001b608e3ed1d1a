import type { ServerResponse } from 'node:http'

/** Every header field that an answer may carry for a client to act upon, as OpenAPI's Header Objects. */
export const HEADERS = {
  ETag: {
    description:
      'A strong entity tag: equal tags, equal bytes, so that each content coding has one of its own. Send it back as `If-None-Match`, and as `If-Match` with a write.',
    required: true,
    schema: { type: 'string', pattern: '^"[^"]+"$' },
    example: '"ToWnaZ49AUsKrGmwdOAx2yALcWY"',
  },
  'Cache-Control': {
    description:
      '`private, no-cache` or `no-cache` on what has an `ETag`: keep it, and ask each time. `no-store` on all else.',
    required: true,
    schema: { type: 'string' },
    example: 'private, no-cache',
  },
  'Cache-Status': {
    description: [
      'Where the answer came from (RFC 9211): `hit` with the remaining seconds and the tier, `fwd=miss`,',
      '`fwd=bypass` with the reason, or `hit; detail=unverified` while the database is out of reach.',
    ].join(' '),
    required: true,
    schema: {
      type: 'string',
      pattern:
        '^marketflow; (hit; ttl=\\d+; detail=l[12]|fwd=miss(; stored)?|fwd=bypass; detail=[a-z-]+|hit; detail=unverified)$',
    },
    example: 'marketflow; hit; ttl=287; detail=l1',
  },
  Age: {
    description: 'Seconds since an `unverified` answer was loaded. Absent on all others.',
    schema: { type: 'integer', minimum: 0 },
    example: 12,
  },
  Vary: {
    description:
      'The bytes depend on the content coding that is asked for, and, where it says so, on who asks.',
    required: true,
    schema: { type: 'string', pattern: '^(Authorization, )?(Origin, )?Accept-Encoding$' },
    example: 'Accept-Encoding',
  },
  'Content-Encoding': {
    description:
      'Where `Accept-Encoding` asks for it and it is worth it: a body of 1 kB or more has been compressed once, when it was cached. Absent on all others.',
    schema: { type: 'string', enum: ['br', 'gzip', 'zstd'] },
    example: 'br',
  },
  Link: {
    description:
      'The pages before and after this one (RFC 8288): `rel="prev"` and `rel="next"`, where there are such. A list that has cursors leads on by them. Of what is deprecated, also where that is explained.',
    schema: { type: 'string' },
    example: '</markets?page=1>; rel="prev", </markets?page=3>; rel="next"',
  },
  Deprecation: {
    description: 'Since when it is announced that this operation goes (RFC 9745), in seconds since 1970.',
    required: true,
    schema: { type: 'string', pattern: '^@\\d+$' },
    example: '@1796083200',
  },
  Sunset: {
    description: 'When it may be gone (RFC 8594).',
    required: true,
    schema: { type: 'string' },
    example: 'Tue, 01 Jun 2027 00:00:00 GMT',
  },
  'RateLimit-Policy': {
    description: 'What is allowed: `q` requests in `w` seconds (draft-ietf-httpapi-ratelimit-headers).',
    schema: { type: 'string', pattern: '^"[a-z-]+";q=\\d+;w=\\d+$' },
    example: '"writes";q=300;w=60',
  },
  RateLimit: {
    description:
      'What is left of it: `r` requests, until all are given back in `t` seconds. Absent where nothing is limited.',
    schema: { type: 'string', pattern: '^"[a-z-]+";r=\\d+;t=\\d+$' },
    example: '"writes";r=287;t=41',
  },
  Location: {
    description: 'The path of what was made.',
    required: true,
    schema: { type: 'string', format: 'uri-reference' },
    example: '/markets/8a64ea05-90ce-43e8-872f-bf8324b7ac58',
  },
  'Retry-After': {
    description: 'Seconds to wait before the next try.',
    schema: { type: 'integer', minimum: 1 },
    example: 1,
  },
  'WWW-Authenticate': {
    description:
      'The scheme to authenticate by; `invalid_token` if the one that was sent is not good (any more).',
    required: true,
    schema: { type: 'string', enum: ['Bearer', 'Bearer error="invalid_token"'] },
    example: 'Bearer error="invalid_token"',
  },
} as const

export type HeaderName = keyof typeof HEADERS

/** `fields`: names and values, in turn. */
export function setFields(res: ServerResponse, fields: readonly string[]): void {
  for (let i = 0; i < fields.length; i += 2) res.setHeader(fields[i]!, fields[i + 1]!)
}

/** As references into the document's components. */
export function headersObject(names: readonly HeaderName[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}
