import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/infrastructure/config/config.ts'

const corsOrigins = (CORS_ORIGINS: string) => readConfig({ CORS_ORIGINS }).corsOrigins

describe('CORS_ORIGINS', () => {
  it('is a list, all, or none', () => {
    expect(corsOrigins('https://a.example, http://localhost:5173')).toEqual([
      'https://a.example',
      'http://localhost:5173',
    ])
    expect(corsOrigins('*')).toEqual(['*'])
    expect(readConfig({}).corsOrigins).toEqual([])
  })

  it.each([
    'a.example',
    'https://a.example/',
    'https://A.example',
    'ftp://a.example',
    '*, https://a.example',
    ',',
  ])('is not %s, which no browser sends', (text) => {
    expect(() => corsOrigins(text)).toThrow(/CORS_ORIGINS: expected \* or origins/)
  })
})
