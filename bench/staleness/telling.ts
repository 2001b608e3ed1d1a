import { type Cause, type History, lastTold, lateness, type Write } from './history.ts'
import { MARKETS } from './plan.ts'

/** A history in the words of those who act in it: a list of its steps, in ms from the first, and why. */
export function tell(history: History, cause: Cause): string[] {
  return [stepsOf(history, cause), `**Why.** ${reasonOf(history, cause)}`]
}

function stepsOf(history: History, cause: Cause): string {
  const { read, load, loader, earlier, missed } = history
  const old = oldOf(history)
  const steps = [
    {
      at: load.beganAt,
      what: `Session ${load.session} reads ${wanted(history)} at instance ${load.instance}. The cache has nothing to show, and a load begins.`,
    },
    { at: load.queriedAt, what: `The load’s query has answered: its snapshot has ${old}.` },
    { at: load.endedAt, what: `The load ends, and gives ${old} to the cache of instance ${load.instance}.` },
    ...missed.flatMap(stepsOfWrite),
    {
      at: read.beganAt,
      what: `Session ${read.session} begins to read ${wanted(history)} at instance ${read.instance}.`,
    },
    {
      at: read.answeredAt,
      what: `Session ${read.session} is shown ${old}, which the load of session ${load.session} brought: **stale**.`,
    },
  ]
  if (cause === 'other instance' && read.instance !== load.instance && earlier !== undefined) {
    steps.push({
      at: earlier.answeredAt,
      what: `Session ${earlier.session}, at instance ${earlier.instance}, is shown what the load brought: instance ${earlier.instance} has it too.`,
    })
  }
  if (cause === 'still storing' && loader !== undefined) {
    steps.push({
      at: loader.answeredAt,
      what: `Session ${loader.session} is shown ${old}: not stale, for it began before the write.`,
    })
  }
  return steps
    .sort((a, b) => a.at - b.at)
    .map(({ at, what }) => `- ${ms(at - load.beganAt)}: ${what}`)
    .join('\n')
}

function stepsOfWrite({ session, instance, market, version, committedAt, failed, answeredAt }: Write) {
  const said = failed ? 'says that it cannot; what is committed stays committed' : 'says that it has'
  return [
    {
      at: committedAt,
      what: `Session ${session} has committed version ${version} of market ${market + 1} at instance ${instance}, which tells its cache to forget what was there before.`,
    },
    {
      at: answeredAt,
      what: `The cache of instance ${instance} ${said}, and the write is answered. A read that begins from now on has to show version ${version}.`,
    },
  ]
}

function reasonOf(history: History, cause: Cause): string {
  const { read, load, loader } = history
  const last = lastTold(history)
  const old = oldOf(history)
  const after = ms(lateness(history))
  const early = `The load had ended ${ms(last.committedAt - load.endedAt)} before the cache was told`
  switch (cause) {
    case 'late load':
      return `The load’s snapshot is from before the write, and the load ended ${ms(load.endedAt - last.committedAt)} after the cache had been told to forget${load.endedAt < last.answeredAt ? ', which was still at it' : ''}. Until then it had brought nothing that could be forgotten; what it brought was kept as if it were new, and shown to a session that began to read ${after} after the write’s answer.`
    case 'joined load':
      return `Session ${read.session} began to read ${after} after the write’s answer, when the load of session ${load.session} was still under way; it loaded nothing itself and was shown what that load brought ${ms(load.endedAt - read.beganAt)} later. The load’s snapshot is from before the write.`
    case 'failed':
      return `${early}, and the cache could not do what it was told. The write had happened all the same, and ${old} was still shown ${after} after its answer.`
    case 'still storing':
      return `${early}, but the load’s own session was answered ${ms(loader!.answeredAt - last.committedAt)} after that: the cache was still storing what the load brought while it removed what it had, and kept it.`
    case 'other instance':
      return `Instance ${last.instance} was told, and the write was answered when its cache had forgotten. Instance ${read.instance} had ${old} from before the write, and the answer did not wait until that was forgotten too: it was still shown to a session that began to read ${after} later.`
    case 'not seen':
      return `${early}, which has not removed what the load brought: it was still shown ${after} after the write’s answer. What happened inside the cache is not seen from outside.`
  }
}

function wanted({ question }: History): string {
  return question.of === 'listing' ? `the list of all ${MARKETS} markets` : `market ${question.market + 1}`
}

/** What the stale read shows of the markets of which it misses writes. */
function oldOf({ question, read, missed }: History): string {
  const markets = new Set(missed.map(({ market }) => market))
  return read.seen
    .filter(({ market }) => markets.has(market))
    .map(
      ({ market, version }) =>
        `version ${version}${question.of === 'listing' ? ` of market ${market + 1}` : ''}`,
    )
    .join(' and ')
}

function ms(time: number): string {
  return `${time.toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ms`
}
