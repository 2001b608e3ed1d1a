import type { Reading, ReadStatus } from '../../../../src/application/consistency/reading.ts'
import type { VersionView } from './version-view.ts'

/** What a client gets. Without a version it keeps what it has: 304. */
export interface Answer {
  readonly etag: string
  readonly version: number | undefined
  readonly status: ReadStatus
}

/** What stands between the core and its clients. `ifNoneMatch`: the entity tag of what the client has. */
export type Front = (
  ifNoneMatch: string | undefined,
  read: () => Promise<Reading<VersionView>>,
) => Promise<Answer>

/** As HTTP answers a conditional GET, without HTTP. */
export const plainFront: Front = async (ifNoneMatch, read) => {
  const reading = await read()
  const { etag, status } = reading
  return { etag, status, version: etag === ifNoneMatch ? undefined : reading.value()?.version }
}
