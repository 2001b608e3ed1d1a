import { describe, expect, it } from 'vitest'
import { Argon2Hasher, HashQueue } from '../../../src/adapters/security/argon2-hasher.ts'
import { ChangePassword } from '../../../src/application/accounts/account-settings.ts'
import { ResetPassword } from '../../../src/application/accounts/password-resets.ts'
import { LogIn } from '../../../src/application/accounts/sessions.ts'
import type { Dependencies } from '../../../src/application/use-case/use-case.ts'

/** Work that ends when it is told to. */
function manual() {
  const begun: number[] = []
  const ends: (() => void)[] = []
  const work = (i: number) => () => {
    begun.push(i)
    const { promise, resolve } = Promise.withResolvers<void>()
    ends.push(resolve)
    return promise
  }
  return { begun, ends, work }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('HashQueue', () => {
  it('lets 32 wait behind those that run, which are three at most, and turns the next away', async () => {
    const { ends, work } = manual()
    const queue = new HashQueue()
    const admitted = Array.from({ length: 40 }, (_, i) => queue.admit(() => queue.run(work(i))))
    const refused = Promise.allSettled(admitted).then((all) =>
      all.filter(({ status }) => status === 'rejected'),
    )
    for (let i = 0; i < 40; i++) {
      await turn()
      for (const end of ends) end()
    }
    expect((await refused).length).toBeGreaterThanOrEqual(40 - 32 - 3)
    expect((await refused).length).toBeLessThan(40 - 32)
  })

  it('runs so many at a time, the longest waiting first, and goes on after a failure', async () => {
    const { begun, ends, work } = manual()
    const queue = new HashQueue(2, 10)
    const all = [1, 2, 3, 4].map((i) => queue.run(work(i)))
    const failing = queue.run(() => Promise.reject(new Error('broken')))
    const last = queue.run(work(6))
    await turn()
    expect(begun).toEqual([1, 2])
    ends.shift()!()
    await turn()
    expect(begun).toEqual([1, 2, 3])
    for (const end of ends.splice(0)) end()
    await expect(failing).rejects.toThrow('broken')
    await turn()
    expect(begun).toEqual([1, 2, 3, 4, 6])
    for (const end of ends.splice(0)) end()
    await Promise.all([...all, last])
  })

  it('turns away what finds too many admitted before it has begun, and takes what comes after', async () => {
    const { begun, ends, work } = manual()
    const queue = new HashQueue(1, 1)
    const inside = [1, 2].map((i) => queue.admit(work(i)))
    await expect(queue.admit(work(3))).rejects.toMatchObject({ code: 'overloaded', retryAfterS: 1 })
    ends.shift()!()
    await inside[0]
    const third = queue.admit(work(4))
    expect(begun).toEqual([1, 2, 4])
    for (const end of ends.splice(0)) end()
    await Promise.all([inside[1], third])
    await expect(queue.admit(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    await Promise.all([5, 6].map((i) => queue.admit(async () => i)))
  })

  it('gives up what waits for a client that has gone', async () => {
    const { begun, ends, work } = manual()
    const queue = new HashQueue(1, 1)
    const first = queue.run(work(1))
    const client = new AbortController()
    const second = queue.run(work(2), client.signal)
    client.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    const third = queue.run(work(3))
    await turn()
    ends.shift()!()
    await first
    await turn()
    ends.shift()!()
    await third
    expect(begun).toEqual([1, 3])
    await expect(queue.run(work(4), client.signal)).rejects.toThrow('gone')
  })
})

describe('a login or a change of a password that is turned away', () => {
  it('has asked the database nothing', async () => {
    const asked: unknown[] = []
    const transactions = { look: async (question: unknown) => void asked.push(question) }
    const full = { transactions, hasher: new Argon2Hasher(new HashQueue(0, 0)) } as unknown as Dependencies
    const overloaded = { code: 'overloaded' }
    await expect(LogIn(full)('ada@example.org', 'a password')).rejects.toMatchObject(overloaded)
    await expect(ChangePassword(full)('an id', 'a password', 'another')).rejects.toMatchObject(overloaded)
    expect(asked).toEqual([])
  })
})

it('a login checks a password for an address without an account, too, and a link that is none costs no hash', async () => {
  const asked: unknown[] = []
  const passwords = {
    hash: async () => String(asked.push('hash')),
    verify: async (_: string, hash: string | undefined) => asked.push(['verify', hash]) < 0,
  }
  const needs = {
    hasher: { admit: (work: (given: typeof passwords) => unknown) => work(passwords) },
    transactions: { look: async () => undefined },
    clock: { now: () => 0 },
  } as unknown as Dependencies
  await expect(LogIn(needs)('ada@example.org', 'x')).rejects.toMatchObject({ code: 'unauthenticated' })
  await expect(ResetPassword(needs)('made-up', 'x')).rejects.toMatchObject({ code: 'reset-link-void' })
  expect(asked).toEqual([['verify', undefined]])
})
