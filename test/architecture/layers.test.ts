import { glob, readFile } from 'node:fs/promises'
import { sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { specifiersOf } from './imports.ts'
import { LAYERS, type SourceFile, violations } from './rules.ts'

describe('the layers', () => {
  it('hold in src', async () => {
    expect(violations(await sources('src'))).toEqual([])
  })
})

it.each(['test/contract/examples', 'test/consumer'])(
  '%s imports packages and its own files, since it is copied to where nothing else is',
  async (folder) => {
    const files = await sources(folder)
    expect(files).not.toEqual([])
    const outside = files.flatMap(({ path, text }) =>
      specifiersOf(text)
        .filter((specifier) => specifier.startsWith('.') && !specifier.startsWith('./'))
        .map((specifier) => `${path} imports ${specifier}`),
    )
    expect(outside).toEqual([])
  },
)

describe('the checker reports', () => {
  it.each([
    ['src/domain/a.ts', `import { x } from '../application/x.ts'`],
    ['src/domain/a.ts', `import type { X } from '../adapters/http/x.ts'`],
    ['src/domain/a.ts', `import { randomUUID } from 'node:crypto'`],
    ['src/domain/a.ts', `import { z } from 'zod'`],
    ['src/domain/deep/a.ts', `export * from '../../infrastructure/x.ts'`],
    ['src/application/markets/a.ts', `import { x } from '../../adapters/postgres/x.ts'`],
    ['src/application/markets/a.ts', `import { x } from '../../infrastructure/x.ts'`],
    ['src/application/markets/a.ts', `import { z } from 'zod'`],
    ['src/application/views/a.ts', `import { hash } from 'node:crypto'`],
    ['src/application/consistency/a.ts', `import { readFile } from 'node:fs/promises'`],
    ['src/application/consistency/a.ts', `import { x } from 'constructor'`],
    ['src/application/consistency/a.ts', `import type { z } from 'zod'`],
    ['src/application/consistency/a.ts', `import { x } from '../../domain/x.ts'`],
    ['src/application/consistency/a.ts', `import type { X } from '../tables/x.ts'`],
    ['src/application/consistency/ports/a.ts', `import type { X } from '../../ports/x.ts'`],
    ['src/application/ports/a.ts', `import pLimit from 'p-limit'`],
    ['src/adapters/http/a.ts', `import { x } from '../postgres/x.ts'`],
    ['src/adapters/http/a.ts', `import { x } from '../../adapters/cache/x.ts'`],
    ['src/adapters/cli/import.ts', `import { x } from '../../infrastructure/x.ts'`],
    ['src/adapters/http/a.ts', `import { inject } from 'inversify'`],
    ['src/adapters/http/a.ts', `import { trace } from '@opentelemetry/api'`],
    ['src/adapters/http/a.ts', `import { Client } from 'pg'`],
    ['src/adapters/http/a.ts', `import { sql } from '@mikro-orm/postgresql'`],
    ['src/adapters/cli/a.ts', `import { PGlite } from '@electric-sql/pglite'`],
    ['src/adapters/http/a.ts', `import { Redis } from 'ioredis'`],
    ['src/adapters/postgres/a.ts', `import { LRUCache } from 'lru-cache'`],
    ['src/adapters/postgres/a.ts', `import { retry } from 'cockatiel'`],
    ['src/infrastructure/a.ts', `import express from 'express'`],
    ['src/infrastructure/a.ts', `import { RateLimiterMemory } from 'rate-limiter-flexible/lib/memory.js'`],
    ['src/infrastructure/a.ts', `import { Pool } from 'pg'`],
    ['src/infrastructure/a.ts', `import { x } from '../../test/support/x.ts'`],
    ['src/infrastructure/a.ts', `const { x } = await import(name)`],
    ['src/infrastructure/a.ts', `const { x } = await import('./modules/' + name)`],
    ['src/infrastructure/a.ts', `const { Pool } = require('pg')`],
  ])('%s: %s', (path, text) => {
    const specifier = specifiersOf(text)[0]
    expect(specifier).toBeDefined()
    expect(found({ path, text })).toEqual([
      expect.stringMatching(`^${RegExp.escape(`${path} imports ${specifier}: `)}`),
    ])
  })

  it.each([
    ['src/domain/index.ts', 'is a barrel'],
    ['src/adapters/http/index.mts', 'is a barrel'],
    ['src/domain/utils/a.ts', 'a folder named utils'],
    ['src/application/common/a.ts', 'a folder named common'],
    ['src/adapters/http/helpers/a.ts', 'a folder named helpers'],
    ['src/main.ts', 'lies in no layer'],
    ['src/shared/a.ts', 'lies in no layer'],
    ['src/adapters/a.ts', "lies in no adapter's folder"],
  ])('%s: it %s', (path, why) => {
    expect(found({ path, text: '' })).toEqual([expect.stringContaining(why)])
  })

  it('a circle, once, however long and of types alone', () => {
    const files = [
      { path: 'src/domain/a.ts', text: `import type { B } from './b.ts'` },
      { path: 'src/domain/b.ts', text: `export * from './c.ts'` },
      { path: 'src/domain/c.ts', text: `import { a } from './a.ts'` },
      { path: 'src/domain/d.ts', text: `import { a } from './a.ts'` },
    ]
    expect(violations([...SOUND, ...files])).toEqual([
      'src/domain/a.ts imports src/domain/b.ts imports src/domain/c.ts imports src/domain/a.ts',
    ])
  })

  it('folders in a circle, where no files are', () => {
    const files = [
      { path: 'src/domain/a.ts', text: `import type { B } from './deep/b.ts'` },
      { path: 'src/domain/deep/c.ts', text: `import type { D } from '../d.ts'` },
    ]
    expect(violations([...SOUND, ...files])).toEqual([
      'src/domain/ imports src/domain/deep/ imports src/domain/',
    ])
  })

  it.each(LAYERS)('that src/%s is empty', (layer) => {
    const others = SOUND.filter(({ path }) => !path.startsWith(`src/${layer}/`))
    expect(violations(others)).toEqual([`src/${layer} is empty`])
  })
})

describe('the checker accepts', () => {
  it.each([
    ['src/domain/a.ts', `import { x } from './deep/x.ts'`],
    ['src/application/views/a.ts', `import { z } from 'zod'`],
    ['src/application/tables/a.ts', `import type { z } from 'zod'\nimport { x } from '../consistency/x.ts'`],
    [
      'src/application/consistency/a.ts',
      `import { x } from './ports/x.ts'\nimport { hash } from 'node:crypto'`,
    ],
    [
      'src/application/markets/a.ts',
      `import { x } from '../../domain/x.ts'\nimport { y } from '../ports/y.ts'`,
    ],
    ['src/adapters/postgres/repositories/a.ts', `import { x } from '../orm.ts'\nimport { Client } from 'pg'`],
    ['src/adapters/http/a.ts', `import { x } from '../../application/x.ts'\nimport { z } from 'zod'`],
    ['src/adapters/system/a.ts', `import { randomBytes } from 'node:crypto'\nimport pino from 'pino'`],
    ['src/adapters/system/a.ts', `import { x } from 'pg-something-else'`],
    [
      'src/infrastructure/a.ts',
      `import { Container } from 'inversify'\nimport { x } from '../adapters/http/x.ts'`,
    ],
  ])('%s: %s', (path, text) => {
    expect(found({ path, text })).toEqual([])
  })
})

describe('imports are found', () => {
  it.each([
    ['by name', `import { a, type B as C } from 'x'`],
    ['by default and namespace', `import a, * as b from "x"`],
    ['over several lines', `import {\n  a,\n  b,\n} from 'x'`],
    ['with comments inside', `import {\n  a, // it's a comment\n  /* "b" */ b,\n} from 'x'`],
    ['as a type', `import type { A } from 'x'`],
    ['for their effect', `import 'x'`],
    ['as a re-export', `export { a } from 'x'`],
    ['as a re-export of everything', `export * as all from 'x'`],
    ['as a re-export of types', `export type * from 'x'`],
    ['without spaces', `import{a}from'x'`],
    ['at run time', `const a = await import('x')`],
    ['at run time, over lines', `await import(\n  /* later */ 'x'\n)`],
    ['at run time, with options', `await import('x', { with: { type: 'json' } })`],
    ['in a type', `type A = import('x').A`],
    ['after a comment', `import a from /* "b" */ 'x'`],
    ['for their effect, after a comment', `import // 'b'\n 'x'`],
    ['as CommonJS does', `const a = require('x')`],
  ])('%s', (_, text) => {
    expect(specifiersOf(`const before = 1\n${text}\nconst after = 'y'`)).toEqual(['x'])
  })

  it('and nothing else', () => {
    const text = `export const a = Array.from('x')\nexport function f() { return 'from' }\nimport.meta.dirname`
    expect(specifiersOf(text)).toEqual([])
  })
})

/** One file per layer, so that a made-up file is the only thing wrong. */
const SOUND: readonly SourceFile[] = LAYERS.map((layer) => ({
  path: `src/${layer}/sound/sound.ts`,
  text: '',
}))

function found(file: SourceFile): string[] {
  return violations([...SOUND, file])
}

async function sources(folder: string): Promise<SourceFile[]> {
  const files: SourceFile[] = []
  // By a pattern that is no literal: knip takes the files of a literal one for entries, and finds no unused export in them.
  const everything = [folder, '**', '*.{ts,mts,cts,js,mjs,cjs}'].join('/')
  for await (const path of glob(everything)) {
    files.push({ path: path.replaceAll(sep, '/'), text: await readFile(path, 'utf8') })
  }
  return files
}
