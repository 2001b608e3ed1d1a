import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** Where documents quote from, as it runs in tests. */
const SOURCES = globSync([
  'test/consumer/*.ts',
  'test/contract/examples/*.ts',
  'test/integration/service-on-files.ts',
])
const DOCUMENTS = ['docs/use-the-core.md', 'docs/adapters.md']

const inOneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim()
const sources = SOURCES.map((path) => inOneLine(readFileSync(path, 'utf8')))

/** The blocks of TypeScript in a document that stand in no source. */
function unquoted(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, block]) => inOneLine(block!))
  return blocks.filter((block) => !sources.some((source) => source.includes(block)))
}

describe('the code in a document stands in a test or in what one runs', () => {
  it.each(DOCUMENTS)('in %s', (path) => {
    const markdown = readFileSync(path, 'utf8')
    expect(markdown.split('```ts').length).toBeGreaterThan(3)
    expect(unquoted(markdown)).toEqual([])
  })

  it('or is reported', () => {
    expect(unquoted('```ts\nconst made = "up"\n```\n')).toEqual(['const made = "up"'])
  })
})
