import { ReadThrough } from '../consistency/read-through.ts'
import { UnitOfWork } from '../consistency/unit-of-work.ts'
import type { Transaction } from '../ports/transactions.ts'
import type { ViewQueries } from '../ports/view-queries.ts'
import type { WriteEvent } from './event-tags.ts'

/** Marketflow's one way to read a view, by the name that the container knows. */
export abstract class Reads extends ReadThrough<ViewQueries> {}

/** Marketflow's one way to write. */
export abstract class Writes extends UnitOfWork<Transaction, WriteEvent> {}

/** Tells the unit of work what happened. */
export type RecordEvent = (event: WriteEvent) => void
