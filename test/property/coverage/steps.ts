import type { Clock } from '../../../src/application/consistency/ports/clock.ts'
import { UnitOfWork } from '../../../src/application/consistency/unit-of-work.ts'
import {
  type Confirmed,
  type Logged,
  WriteConfirmation,
} from '../../../src/application/consistency/write-confirmation.ts'
import type { Transaction, Transactions } from '../../../src/application/ports/transactions.ts'
import type { Snapshots } from '../../../src/application/ports/view-queries.ts'
import { tagsOf, type WriteEvent } from '../../../src/application/tables/event-tags.ts'
import type { RecordEvent } from '../../../src/application/tables/reads-and-writes.ts'
import type { DomainEvent } from '../../../src/domain/events.ts'
import { type Command, NUCLEUS } from './commands.ts'
import { ManualClock } from './fakes.ts'
import { answerAll, changedBetween, type Question, questionsOf } from './questions.ts'
import { type Refusal, World } from './world.ts'

/** One write and all it did. */
export interface Step {
  readonly command: Command
  readonly refused: Refusal
  readonly events: readonly DomainEvent[]
  /** What the unit of work has logged and would invalidate. */
  readonly tags: ReadonlySet<string>
  /** What it would be if every kind were beyond the bound, so that one tag stood for all of it. */
  readonly coarse: ReadonlySet<string>
  readonly questions: readonly Question[]
  /** Those of the questions whose answer is another one now. */
  readonly changed: readonly Question[]
}

interface Engine {
  readonly transactions: Transactions
  readonly snapshots: Snapshots
}

/** What every world ends with: hardly any random command would delete a draft. */
const DRAFT: Command = {
  do: 'create',
  organizer: 0,
  name: 'Sorrel',
  city: 'Chicago',
  region: 'IL',
  country: 'US',
  stallCount: 3,
  slug: undefined,
}
const erased = (world: World): Command => ({
  do: 'delete',
  market: world.markets.length - 1,
  stranger: false,
})

/**
 * And then accounts leave that hardly any random command would find: a vendor with a refused application alone, its
 * organizer with a closed market and a draft, and one who never had any. What comes before each is not asked about.
 */
const LEAVING: readonly (readonly ((world: World) => Command)[])[] = [
  [
    () => ({ do: 'register', role: 'vendor', email: 105, name: 'Lia' }),
    () => ({ do: 'register', role: 'organizer', email: 106, name: 'Lea' }),
    ({ organizers }) => ({ ...DRAFT, organizer: organizers.length - 1 }),
    ({ markets }) => ({ do: 'edit', market: markets.length - 1, stranger: false, changes: ACTIVE }),
    ({ markets, vendors }) => ({ do: 'apply', market: markets.length - 1, vendor: vendors.length - 1 }),
    ({ applications }) => ({ do: 'reject', application: applications.length - 1, stranger: false }),
    ({ organizers, vendors }) => ({ do: 'delete-account', account: organizers.length + vendors.length - 1 }),
  ],
  [
    ({ markets }) => ({ do: 'edit', market: markets.length - 1, stranger: false, changes: CLOSED }),
    ({ organizers }) => ({ ...DRAFT, organizer: organizers.length - 1 }),
    ({ organizers }) => ({ do: 'delete-account', account: organizers.length - 1 }),
  ],
  [
    () => ({ do: 'register', role: 'organizer', email: 107, name: 'Lou' }),
    ({ organizers }) => ({ do: 'delete-account', account: organizers.length - 1 }),
  ],
]
const ACTIVE = { status: 'active' } as const
const CLOSED = { status: 'closed' } as const

/** Runs the commands one after the other in a new world, and asks every question between them. */
export async function* stepsOf(
  database: Engine,
  commands: readonly Command[],
  worldNumber: number,
): AsyncGenerator<Step> {
  const clock = new ManualClock()
  const world = new World(worldNumber, clock)
  const unitOfWork = new RecordingUnitOfWork(database.transactions, clock)
  for (const command of NUCLEUS) await world.perform(command, unitOfWork)
  let before = await answerAll(database.snapshots, questionsOf(world))
  const steps = [...commands, DRAFT, erased].map((each) => [each])
  for (const [i, made] of [...steps, ...LEAVING].entries()) {
    const next = made.at(-1)!
    for (const each of made.slice(0, -1) as readonly ((world: World) => Command)[])
      await world.perform(each(world), unitOfWork)
    if (made.length > 1) before = await answerAll(database.snapshots, questionsOf(world))
    const command = typeof next === 'function' ? next(world) : next
    // Some in the same millisecond: then ids decide the order of what is sorted by time.
    clock.advance(i % 2)
    unitOfWork.forget()
    const refused = await world.perform(command, unitOfWork)
    const questions = questionsOf(world)
    const after = await answerAll(database.snapshots, questions)
    const { events, tags } = unitOfWork
    yield {
      command,
      refused,
      events: [...events],
      tags: new Set(tags),
      coarse: new Set(tagsOf(events, 0)),
      questions,
      changed: changedBetween(before, after, questions),
    }
    before = after
  }
}

/** The production unit of work, which also tells what was recorded and logged, and waits for no cache. */
export class RecordingUnitOfWork extends UnitOfWork<Transaction, WriteEvent> {
  readonly events: DomainEvent[] = []
  readonly tags: string[] = []

  constructor(transactions: Transactions, clock: Clock) {
    const tags: string[] = []
    super(transactions, tagsOf, new ConfirmsAtOnce(tags), clock, () => {})
    this.tags = tags
  }

  override run<T>(work: (tx: Transaction, record: RecordEvent) => Promise<T>): Promise<T> {
    return super.run((tx, record) =>
      work(tx, (event) => {
        if (event.type !== 'write-repeated') this.events.push(event)
        record(event)
      }),
    )
  }

  forget(): void {
    this.events.length = 0
    this.tags.length = 0
  }
}

class ConfirmsAtOnce extends WriteConfirmation {
  readonly #confirmed: string[]

  constructor(confirmed: string[]) {
    // Its collaborators are never asked.
    super(...([] as unknown as ConstructorParameters<typeof WriteConfirmation>))
    this.#confirmed = confirmed
  }

  override async confirm({ tags }: Logged): Promise<Confirmed> {
    this.#confirmed.push(...tags)
    return { confirmation: 'invalidated' }
  }
}
