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
  /** When a drain's writes may rely on it: once the stamps are gone, before their rows are marked; otherwise once it has read the log. */
  readonly confirmedBy: 'deletion' | 'look'
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
  /** Whether the holders that a write waits for are read by a drain that began after its COMMIT. */
  readonly holdersRead: 'after commit' | 'before commit'
  readonly acksAwaited: 'all' | 'any' | 'none'
  /** Whether a write's list names its own instance too. */
  readonly ownListed: boolean
  readonly retiredListed: boolean
  /** An acknowledgement says that the stamps are gone; otherwise that the rows were read. */
  readonly ackAfter: 'deletion' | 'reading'
  /** Whether a drain that ends before its deletion acknowledges all the same. */
  readonly abortedAcks: boolean
  /** Which rows an acknowledgement stands for: those that its snapshot sees, all up to the latest it sees, or all at its time. */
  readonly ackCovers: 'snapshot' | 'watermark' | 'time of ack'
  /** It counts only over the connection of its snapshot. */
  readonly ackConnection: 'the snapshot’s' | 'any'
  /** Whether a writer keeps acknowledgements when its connection ends. */
  readonly acksOutliveConnection: boolean
  /** Whether a holder still counts rows as seen when its connection ends. */
  readonly seenOutlivesConnection: boolean
  /** What a drain must find in the registry for its instance to hold a lease. */
  readonly leaseNeeds: 'own row, not retired' | 'own row' | 'nothing'
  readonly registers: 'before its first drain' | 'after its first drain'
  readonly registryLogged: boolean
  /** How many ticks more than the lease a retired row is kept. */
  readonly retiredBeyondLease: 1 | 0 | 'no time'
  readonly leaves: 'without a lease' | 'in its lease'
  /** Whether a deleted stamp also takes its meaning from the loads that are under way. */
  readonly dropsLoads: boolean
  /** A near cache deletes the stamps in memory when Redis has confirmed, or has not in time. */
  readonly memoryDeleted: 'after Redis' | 'before Redis'
  /** Whether a near cache whose drain Redis did not confirm bypasses Redis from that tick on. */
  readonly unconfirmedBypasses: boolean
  /** Under which stamps in memory what Redis answers is kept: those from before it was asked, or those of the reply. */
  readonly promotes: 'under earlier stamps' | 'under stamps of the reply'
  /** Whether an entry in L1 is served only under the stamp that Redis has, asked for after the read began. */
  readonly l1Checked: boolean
  readonly writeWaitsFor: 'both' | 'Redis' | 'holders'
  /** Whether an instance without Redis leaves the marks to those that have it. */
  readonly marksNeedRedis: boolean
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
  confirmedBy: 'deletion',
  timeoutConfirms: false,
  drainsAll: true,
  stampReadBack: true,
  sentOnce: true,
  flightsByFence: true,
  movesReads: false,
  freshStamps: true,
  holdersRead: 'after commit',
  acksAwaited: 'all',
  ownListed: true,
  retiredListed: true,
  ackAfter: 'deletion',
  abortedAcks: false,
  ackCovers: 'snapshot',
  ackConnection: 'the snapshot’s',
  acksOutliveConnection: false,
  seenOutlivesConnection: false,
  leaseNeeds: 'own row, not retired',
  registers: 'before its first drain',
  registryLogged: true,
  retiredBeyondLease: 1,
  leaves: 'without a lease',
  dropsLoads: true,
  memoryDeleted: 'after Redis',
  unconfirmedBypasses: true,
  promotes: 'under earlier stamps',
  l1Checked: true,
  writeWaitsFor: 'both',
  marksNeedRedis: true,
}
