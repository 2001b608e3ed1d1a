declare module 'negotiator' {
  /** The types that there are know no `preferred`. */
  export default class Negotiator {
    constructor(request: { readonly headers: { readonly 'accept-encoding': string } })
    /** The best of these; `preferred` orders those that the client takes alike. */
    encoding<Coding extends string>(
      available: readonly Coding[],
      options: { readonly preferred: readonly Coding[] },
    ): Coding | undefined
  }
}
