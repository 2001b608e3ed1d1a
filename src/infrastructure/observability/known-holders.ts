import type { Clock } from '../../application/consistency/ports/clock.ts'
import type {
  Holder,
  InvalidationLog,
  LogPosition,
} from '../../application/consistency/ports/invalidation-log.ts'

/** A holder as this instance knows it. */
export interface KnownHolder {
  readonly id: string
  /** `lost`: the connection that registered it has ended; it is about to be retired. */
  readonly state: 'active' | 'lost' | 'retired'
  /** How long ago its last acknowledgement came, in ms and to the nearest drain; absent: none has come. */
  readonly acknowledgedMs: number | undefined
}

/** The list of holders as the last drain found it, and when each has acknowledged something last: for operators. */
export class KnownHolders {
  readonly #log: InvalidationLog
  readonly #clock: Pick<Clock, 'monotonic'>
  #list: readonly Holder[] = []
  #heard = new Map<string, { readonly position: LogPosition; readonly at: number }>()

  constructor(log: InvalidationLog, clock: Pick<Clock, 'monotonic'>) {
    this.#log = log
    this.#clock = clock
  }

  drained(list: readonly Holder[] | undefined): void {
    if (list === undefined) return
    this.#list = list
    const before = this.#heard
    this.#heard = new Map()
    for (const { id } of list) {
      const position = this.#log.acknowledgements.of(id)
      const known = before.get(id)
      if (position !== undefined && known?.position !== position)
        this.#heard.set(id, { position, at: this.#clock.monotonic() })
      else if (known !== undefined) this.#heard.set(id, known)
    }
  }

  get now(): readonly KnownHolder[] {
    const now = this.#clock.monotonic()
    return this.#list.map(({ id, retired, connected }) => {
      const heard = this.#heard.get(id)
      return {
        id,
        state: retired ? 'retired' : connected ? 'active' : 'lost',
        acknowledgedMs: heard === undefined ? undefined : now - heard.at,
      }
    })
  }
}
