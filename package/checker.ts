/** The judge of read-after-write, for histories of reads and writes of your own. */
export { type Operation, type Violation, violationsOf } from '../test/property/checker.ts'
