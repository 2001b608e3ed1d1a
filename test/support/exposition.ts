/** One metric family of the Prometheus text format. */
export interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly {
    readonly name: string
    readonly labels: Record<string, string>
    readonly value: number
  }[]
}

/** Reads what `/metrics` says. @throws Error on a line that is not of the format */
export function parseExposition(text: string): Family[] {
  const families: (Omit<Family, 'samples'> & { samples: Family['samples'][number][] })[] = []
  let help = ''
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line)
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (comment?.[1] === 'HELP') help = comment[3]!
    else if (comment?.[1] === 'TYPE')
      families.push({ name: comment[2]!, type: comment[3]!, help, samples: [] })
    else if (sample) {
      const [, name = '', labels = '', value] = sample
      families
        .at(-1)!
        .samples.push({ name, labels: parseLabels(labels), value: Number(value?.replace('Inf', 'Infinity')) })
    } else throw new Error(`Not an exposition line: ${line}`)
  }
  return families
}

function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name!, value!]),
  )
}
