import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Every document of the project. */
const DOCUMENTS = globSync(['*.md', '{docs,bench,package,test,deploy}/**/*.md'], {
  exclude: (path) => path.includes('node_modules'),
})

/** What is no code: links in it are meant. */
function prose(markdown: string): string {
  return markdown.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '')
}

function linksOf(markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
}

/** The anchors that a page has where it is shown: one for each heading, numbered when there are two of a kind. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading] of markdown.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)) {
    const plain = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const anchor = plain.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')
    for (let i = 0; ; i++) {
      const numbered = i === 0 ? anchor : `${anchor}-${i}`
      if (anchors.has(numbered)) continue
      anchors.add(numbered)
      break
    }
  }
  return anchors
}

/** The links of a document that lead nowhere. */
function broken(path: string, markdown: string): string[] {
  return linksOf(markdown).filter((link) => {
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? path : normalize(join(dirname(path), decodeURIComponent(file)))
    if (target.startsWith('..') || !existsSync(target)) return true
    if (anchor === undefined) return false
    if (statSync(target).isDirectory() || !target.endsWith('.md')) return true
    return !anchorsOf(file === '' ? markdown : readFileSync(target, 'utf8')).has(anchor)
  })
}

describe('every relative link and anchor leads somewhere', () => {
  it.each(DOCUMENTS)('in %s', (path) => {
    expect(broken(path, readFileSync(path, 'utf8'))).toEqual([])
  })

  it('in README, protocol and operations among others, which have many', () => {
    for (const path of ['README.md', 'docs/protocol.md', 'docs/operations.md', 'docs/proof.md']) {
      expect(DOCUMENTS).toContain(path)
      expect(linksOf(readFileSync(path, 'utf8')).length, path).toBeGreaterThan(5)
    }
  })
})

describe('the check of links', () => {
  it.each([
    '[a](no-such-file.md)',
    '[a](docs/no-such-file.md)',
    '[a](../outside.md)',
    '[a](#no-such-heading)',
    '[a](docs/operations.md#no-such-heading)',
    '[a](package.json#anchor)',
    '![a](docs/screenshots/none.png)',
  ])('reports %s', (link) => {
    expect(broken('README.md', `# A heading\n${link}`)).toHaveLength(1)
  })

  it.each([
    '[a](docs)',
    '[a](docs/operations.md)',
    '[a](#a-heading)',
    '[a](#a-heading-1)',
    '[a](docs/operations.md#redis)',
    '[a](https://example.org/nowhere)',
    '`[a](no-such-file.md)`',
    '```\n[a](no-such-file.md)\n```',
  ])('accepts %s', (link) => {
    expect(broken('README.md', `# A heading\n# A *heading*\n${link}`)).toEqual([])
  })
})

it('README lists every document of docs', () => {
  const listed = linksOf(readFileSync('README.md', 'utf8')).map((link) => link.split('#')[0])
  expect(globSync('docs/*.md').filter((path) => !listed.includes(path))).toEqual([])
})

it('test/README.md has a row for every folder of tests', () => {
  const listed = linksOf(readFileSync('test/README.md', 'utf8'))
  const folders = globSync('test/*/').map((path) => path.replace(/^test\//, '').replace(/\/$/, ''))
  expect(folders).toContain('unit')
  expect(folders.filter((folder) => !listed.includes(folder))).toEqual([])
})

it('every `npm run` of a document is a script of the project', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
  const named = DOCUMENTS.flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, script]) => script!),
  )
  expect(named.length).toBeGreaterThan(20)
  expect([...new Set(named)].filter((script) => !(script in scripts))).toEqual([])
})

it('every decision is on the list of decisions', () => {
  const listed = linksOf(readFileSync('docs/decisions/README.md', 'utf8'))
  const decisions = globSync('0*.md', { cwd: 'docs/decisions' })
  expect(decisions.filter((file) => !listed.includes(file))).toEqual([])
  expect(decisions.length).toBeGreaterThan(30)
})
