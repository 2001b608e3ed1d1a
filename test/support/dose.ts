/** Set by `npm run test:deep`: searches run at length, and the tests that take long are run at all. */
const DEEP = process.env.MARKETFLOW_TESTS === 'deep'

/** How much of a search to run: every layer is in `npm test`, in a dose that a developer can wait for. */
export function dose<T>(usual: T, deep: T): T {
  return DEEP ? deep : usual
}
