import { hash } from 'node:crypto'
import { z } from 'zod'

/**
 * Changes with the shape of any view. During a deploy two releases share a cache, and neither may send what the other
 * has stored in another shape: entries are sent as they are, undecoded. Eight hexadecimal digits.
 */
export function viewsFingerprint(views: readonly Shaped[]): string {
  const shapes = views.map(({ name, schema }) => [name, z.toJSONSchema(schema)])
  return hash('sha256', JSON.stringify(shapes)).slice(0, 8)
}

interface Shaped {
  readonly name: string
  readonly schema: z.ZodType
}
