import { joinKey } from './cache-key.ts'
import type { View } from './view.ts'

/**
 * The same view as another text than JSON, made when it is filled and sent as it is. The version is part of the key:
 * during a deploy two releases share a cache, and neither serves what the other has rendered.
 */
export function rendered<P, T, Source>(
  view: View<P, T, Source>,
  version: string,
  render: (value: T) => string,
): View<P, T, Source> {
  return { ...view, key: (params) => `${view.key(params)}:${joinKey('rendered', version)}`, render }
}
