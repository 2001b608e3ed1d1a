import { describe, expect, it } from 'vitest'
import { RedisRefusal, unusable } from '../../../src/adapters/cache/redis-commands.ts'
import { CacheUnusable } from '../../../src/application/consistency/ports/cache-port.ts'

describe('a refusal', () => {
  it('is told by its first word, its text and its cause', () => {
    const cause = new Error('as the server said it')
    const refusal = new RedisRefusal('MOVED 3999 127.0.0.1:6381', cause)
    expect(refusal).toMatchObject({
      code: 'MOVED',
      message: 'MOVED 3999 127.0.0.1:6381',
      name: 'RedisRefusal',
    })
    expect(refusal.cause).toBe(cause)
  })

  it('of one word is that word', () => {
    expect(new RedisRefusal('OOM').code).toBe('OOM')
  })

  it('is for a reader as good as no server', () => {
    const refusal = new RedisRefusal('READONLY because')
    const error = unusable(refusal) as CacheUnusable
    expect(error).toBeInstanceOf(CacheUnusable)
    expect(error.reason).toBe('unreachable')
    expect(error.cause).toBe(refusal)
  })
})

it('any other error stays what it is', () => {
  const bug = new TypeError('ours')
  expect(unusable(bug)).toBe(bug)
})
