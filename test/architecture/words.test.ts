import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** What people write and people read. This file names the words, and the schema of Compose is others'. */
const FILES = globSync(
  ['*.md', '{bench,deploy,docs,package,src,test}/**/*.{ts,js,json,md,sh,yml,html,css}'],
  {
    exclude: (path) =>
      path.includes('node_modules') ||
      path.endsWith('words.test.ts') ||
      path.startsWith('test/deployment/compose-spec'),
  },
)

/**
 * A sentence about «whoever» leaves the reader to find out whether an instance, a reader, a server or a drain is meant.
 * What is left to do belongs into an issue.
 */
const RIDDLE = /\b(whoever|nobody|somebody)\b/i
const LEFT_TO_DO = /\b(TODO|FIXME|XXX|HACK)\b/

/** Where it is a name: PostgreSQL does not run as root, and this user is there on most machines. */
const NAMES = ["for (const name of ['postgres', 'nobody'])"]

function riddles(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, i) => {
    if (NAMES.some((name) => line.includes(name))) return []
    const found = RIDDLE.exec(line) ?? LEFT_TO_DO.exec(line)
    return found === null ? [] : [`${path}:${i + 1}: ${found[0]}`]
  })
}

describe('sentences name the actor, and nothing is left to be done later', () => {
  it('in every file', () => {
    expect(FILES.length).toBeGreaterThan(300)
    expect(FILES.flatMap((path) => riddles(path, readFileSync(path, 'utf8')))).toEqual([])
  })

  it.each([
    '/** For whoever reads this. */',
    "it('asks nobody', () => {})",
    '// Somebody else was quicker.',
    '// TODO: mend it',
    'const NOBODY = 3',
  ])('reports %s', (line) => {
    expect(riddles('a.ts', `first\n${line}`)).toEqual([expect.stringMatching(/^a\.ts:2: /)])
  })
})
