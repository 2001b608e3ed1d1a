/** The decisions of the protocol that the model can take otherwise, one at a time, to see what each is for. */
export interface Rules {
  /** Stamps are observed before the load begins; otherwise after it. */
  readonly observe: 'before load' | 'after load'
  /** When a read looks at its instance's lease. */
  readonly leaseChecked: 'when sending' | 'at the reply' | 'never'
  /** What the lease is counted from: the moment before the rows were selected, or the end of the drain. */
  readonly leaseSince: 'begin' | 'end'
  /** Whether a drain that could not delete renews the lease all the same. */
  readonly leaseNeedsDrain: boolean
  /** How many ticks more than the lease an unconfirmed write waits. At 0 only clocks that agree would do. */
  readonly waitBeyondLease: 1 | 0 | 'no wait'
  readonly waitFrom: 'commit returned' | 'commit sent'
  /** When reads may use a new session. */
  readonly trust: 'after replay' | 'during replay' | 'at once'
  /** A session is made with a master only; otherwise also with the replica that is promoted later. */
  readonly mastersOnly: boolean
  readonly replay: 'kept' | 'pending' | 'applied'
  /** Whether the session is taken before the rows are selected. */
  readonly sessionFirst: boolean
  /** Whether the tags' stamps are gone before the rows are marked. */
  readonly deleteFirst: boolean
  /** A DEL without reply counts as confirmed. */
  readonly timeoutConfirms: boolean
  /** Whether a drain handles all pending rows; otherwise, for a write, only the write's own. */
  readonly drainsAll: boolean
  /** A fence is the stamp read back; otherwise the token sent. */
  readonly stampReadBack: boolean
  /** Commands are sent once; otherwise a SET NX may arrive a second time. */
  readonly sentOnce: boolean
  /** A read joins only a load under the stamps that it observed itself. */
  readonly flightsByFence: boolean
  /** A lookup whose session is gone is sent again over the new one, replayed or not. */
  readonly movesReads: boolean
  /** Stamps are random tokens; otherwise what is made anew is the same again, like a counter that is lost. */
  readonly freshStamps: boolean
}

/** The protocol as it is built. */
export const PROTOCOL: Rules = {
  observe: 'before load',
  leaseChecked: 'when sending',
  leaseSince: 'begin',
  leaseNeedsDrain: true,
  waitBeyondLease: 1,
  waitFrom: 'commit returned',
  trust: 'after replay',
  mastersOnly: true,
  replay: 'kept',
  sessionFirst: true,
  deleteFirst: true,
  timeoutConfirms: false,
  drainsAll: true,
  stampReadBack: true,
  sentOnce: true,
  flightsByFence: true,
  movesReads: false,
  freshStamps: true,
}
