import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { PARTS } from '../../bench/parts.ts'
import { sharesOf } from '../../bench/profile/shares.ts'
import { documents } from '../../bench/support/publication.ts'

const DOCS = new URL('../../docs/bench/', import.meta.url)
const names = PARTS.map(({ name }) => name)

describe('the figures in the documents', () => {
  it('are those that were measured and kept, of every part', async () => {
    for (const name of names) expect(existsSync(new URL(`${name}.json`, DOCS)), name).toBe(true)
    for (const { file, text } of await documents(names)) expect(await readFile(file, 'utf8')).toBe(text)
  })

  it.each(names)('of %s have a plot', async (name) => {
    const { report } = JSON.parse(await readFile(new URL(`${name}.json`, DOCS), 'utf8'))
    const plots = [...report.join('\n').matchAll(/!\[.+?\]\((.+?)\)/g)].map(([, file]) => file)
    expect(plots).not.toEqual([])
    for (const plot of plots) expect(await readFile(new URL(plot, DOCS), 'utf8')).toMatch(/^<svg /)
  })
})

describe('where the time of a hit goes', () => {
  it('is told by where a function comes from, without what the process did not do', () => {
    const frames = [
      ['(idle)', ''],
      ['(garbage collector)', ''],
      ['writev', ''],
      ['end', 'node:_http_outgoing'],
      ['parse', 'node:querystring'],
      ['handle', 'file:///app/node_modules/express/lib/application.js'],
      ['get', 'file:///app/node_modules/layered-loader/node_modules/toad-cache/dist/toad-cache.mjs'],
      ['wrap', 'file:///app/node_modules/@keyv/redis/dist/index.js'],
      ['read', 'file:///app/src/application/consistency/read-through.ts'],
    ] as const
    const nodes = frames.map(([functionName, url], i) => ({
      id: i,
      callFrame: { functionName, url, scriptId: '', lineNumber: 0, columnNumber: 0 },
    }))
    const shares = sharesOf({
      nodes,
      startTime: 0,
      endTime: 0,
      samples: nodes.map(({ id }) => id),
      timeDeltas: [1000, 10, 40, 10, 5, 10, 5, 15, 5],
    })
    expect(shares).toEqual({
      'the socket': 0.4,
      'Node’s HTTP and streams': 0.1,
      Express: 0.15,
      libraries: 0.2,
      'own code': 0.05,
      'garbage, and the rest': 0.1,
    })
  })
})
