import { createTransport } from 'nodemailer'
import { type Mail, Mailer } from '../../application/ports/mailer.ts'

/** How long a mail server may take to do anything at all, in ms. */
const SILENCE_MS = 10_000

/** Hands mail to a server, over a connection of its own for each: it is rare. */
export class SmtpMailer extends Mailer {
  readonly works = true
  readonly #server: ReturnType<typeof createTransport>
  readonly #from: string

  /** `url`: as nodemailer reads it, `smtps://user:password@host`. `from`: what the mail says it comes from. */
  constructor(url: string, from: string) {
    super()
    this.#server = createTransport({
      url,
      connectionTimeout: SILENCE_MS,
      greetingTimeout: SILENCE_MS,
      socketTimeout: SILENCE_MS,
      dnsTimeout: SILENCE_MS,
      // No address and no text of a mail is a file or a page to be fetched.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    this.#from = from
  }

  async send({ to, subject, text }: Mail): Promise<void> {
    try {
      // As an object, so that an address is never read as a list of them.
      await this.#server.sendMail({ from: this.#from, to: { name: '', address: to }, subject, text })
    } catch (error) {
      // What the server says may name the address, which is in no line of the log.
      const { code, command, responseCode } = error as Readonly<Record<string, unknown>>
      const facts = Object.entries({ code, command, responseCode }).filter(([, fact]) => fact !== undefined)
      const told = facts.map(([name, fact]) => `${name} ${fact}`).join(', ')
      throw new Error(`The mail server did not take a mail: ${told || 'for no known reason'}`)
    }
  }
}

export class NoMailer extends Mailer {
  readonly works = false

  async send(): Promise<never> {
    throw new Error('There is no mail server: SMTP_URL is not set')
  }
}
