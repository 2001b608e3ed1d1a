import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

/** A mail as a server was given it. */
interface TakenMail {
  readonly to: readonly string[]
  /** Head and text, quoted-printable undone. */
  readonly text: string
}

/** A mail server on a free port, which keeps what it takes. */
export interface TestMailServer {
  readonly url: string
  readonly mails: readonly TakenMail[]
  /** Every address that was refused. */
  readonly refused: readonly string[]
  /** From now on it takes no mail, or takes it again. */
  refuse(refusing: boolean): void
  stop(): Promise<void>
}

const CREDENTIALS = { user: 'marketflow', pass: 'hush-mail-91cd' }

export async function startMailServer(): Promise<TestMailServer> {
  const mails: TakenMail[] = []
  const refused: string[] = []
  let refusing = false
  const server = new SMTPServer({
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, callback) {
      if (username === CREDENTIALS.user && password === CREDENTIALS.pass) callback(null, { user: username })
      else callback(new Error('Wrong user or password'))
    },
    onRcptTo({ address }, _session, callback) {
      if (!refusing) return callback()
      refused.push(address)
      return callback(Object.assign(new Error(`${address} is not served now`), { responseCode: 451 }))
    },
    async onData(stream, session, callback) {
      let text = ''
      for await (const chunk of stream.setEncoding('utf8')) text += chunk
      const plain = text
        .replaceAll('=\r\n', '')
        .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text: plain })
      callback()
    },
  })
  const listening = server.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const { port } = listening.address() as AddressInfo
  return {
    url: `smtp://${CREDENTIALS.user}:${CREDENTIALS.pass}@127.0.0.1:${port}`,
    mails,
    refused,
    refuse(now) {
      refusing = now
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
