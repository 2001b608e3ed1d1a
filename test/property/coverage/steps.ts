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
  for (const [i, next] of [...commands, DRAFT, erased].entries()) {
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
