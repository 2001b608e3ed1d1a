import { cold } from './cold/part.ts'
import { growth } from './growth/part.ts'
import { http } from './http/part.ts'
import { invalidation } from './invalidation/part.ts'
import { library } from './library/part.ts'
import { memory } from './memory/part.ts'
import { midnight } from './midnight/part.ts'
import { profile } from './profile/part.ts'
import { stampede } from './stampede/part.ts'
import { start } from './start/part.ts'
import { strangers } from './strangers/part.ts'
import type { Part } from './support/part.ts'
import { writes } from './writes/part.ts'

/** In the order of the documents. */
export const PARTS: readonly Part[] = [
  http,
  profile,
  library,
  stampede,
  invalidation,
  growth,
  memory,
  writes,
  start,
  cold,
  strangers,
  midnight,
]
