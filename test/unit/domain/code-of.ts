import { type ErrorCode, MarketflowError } from '../../../src/domain/errors.ts'

/** The code of the catalogue error that `act` throws, or undefined when it throws none. Other errors pass through. */
export function codeOf(act: () => void): ErrorCode | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof MarketflowError) return error.code
    throw error
  }
}
