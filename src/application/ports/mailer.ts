/** Sends mail, to one address at a time. */
export abstract class Mailer {
  /** Whether there is a mail server to hand mail to. */
  abstract readonly works: boolean
  /**
   * Resolves once the mail server has taken it.
   * @throws Error when it has not, after some seconds at most
   */
  abstract send(mail: Mail): Promise<void>
}

export interface Mail {
  readonly to: string
  readonly subject: string
  /** Plain text. */
  readonly text: string
}
