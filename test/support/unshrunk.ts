/**
 * For properties whose runs ask servers: a smaller counterexample takes longer to find than the test may take, which
 * would then say nothing but that its time was up.
 */
export const UNSHRUNK = { endOnFailure: true } as const
