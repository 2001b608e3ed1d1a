import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { read } from './compose-file.ts'
import { Shell } from './shell.ts'

/** The commands of docs/operations.md, block by block, under the heading that they stand below; not those of a checkout. */
const BLOCKS = read('docs/operations.md')
  .split(/^## /m)
  .flatMap((section) =>
    [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, commands]) => ({
      heading: section.slice(0, section.indexOf('\n')),
      commands: commands!,
    })),
  )
  .filter(({ commands }) => !commands.startsWith('npm run'))
/** What the blocks after it need of the first: the name `dc`. */
const DC = /^dc\(\) .*$/m.exec(BLOCKS[0]!.commands)![0]

describe('a command of the runbook', () => {
  let shell: Shell

  beforeAll(() => {
    shell = new Shell()
    shell.write('markets.csv', '')
    shell.stub('openssl', '#!/bin/sh\necho random')
  })

  afterAll(() => shell.remove())

  it.each(BLOCKS)('under «$heading» is one that docker, our scripts and the image know', async (block) => {
    const { code, output } = await shell.run(`${DC}\n${block.commands}`)
    expect({ code, output }).toMatchObject({ code: 0 })
  })

  it('is refused when it names what does not exist', async () => {
    for (const command of [
      'dc exec servise node src/adapters/cli/cache.ts',
      'dc exec service node src/cache.ts',
      'dc run -v "$PWD/no.csv:/markets.csv" service node src/infrastructure/bin/import.ts',
      'dc explode',
      'docker compose up',
      'docker explode',
    ]) {
      expect(await shell.run(`${DC}\n${command}`), command).toMatchObject({ code: 1 })
    }
  })

  it('stands where an operator needs one', () => {
    expect(new Set(BLOCKS.map(({ heading }) => heading))).toEqual(
      new Set(['Deploying', 'Upgrading without downtime', 'Backing up']),
    )
  })
})

describe('the first deployment', () => {
  it('makes every secret that the compose file requires, for its owner alone', async () => {
    const shell = new Shell()
    try {
      const { output } = await shell.run(`${BLOCKS[0]!.commands}\nls -l .env`)
      expect(output).toMatch(/^-rw-------/m)
      const required = [...read('docker-compose.prod.yml').matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name!)
      expect(
        shell
          .read('.env')
          .match(/^\w+(?==.)/gm)!
          .sort(),
      ).toEqual([...new Set(required)].sort())
    } finally {
      shell.remove()
    }
  })
})
