import { mkdir, readdir, unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { join } from 'node:path'

/** What the operator's commands ask a running instance, by name, with JSON in and out. */
export type ControlCommands = Readonly<Record<string, (input: unknown) => Promise<unknown>>>

export interface Answer {
  readonly instance: string
  readonly result?: unknown
  readonly error?: string
}

const PREFIX = 'control'

/**
 * Listens for the operator's commands on a Unix socket in the data directory, one per process: whoever may open the
 * file is the operator.
 */
export async function openControlSocket(
  dataDir: string,
  commands: ControlCommands,
): Promise<{ close(): Promise<void> }> {
  await mkdir(dataDir, { recursive: true })
  const path = join(dataDir, `${PREFIX}-${process.pid}.sock`)
  await unlink(path).catch(ignoreMissing)
  const server = createServer((incoming, outgoing) => {
    answer(incoming, commands).then(
      (result) => outgoing.end(JSON.stringify({ result })),
      (error: Error) => outgoing.end(JSON.stringify({ error: error.message })),
    )
  })
  await listen(server, path)
  return { close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()) }
}

/** Asks the running instances of a data directory, or just one; the answers come with the instance's socket name. */
export async function askInstances(
  dataDir: string,
  command: string,
  input: unknown,
  onlyOne = false,
): Promise<Answer[]> {
  const names = (await readdir(dataDir).catch(() => [])).filter(
    (name) => name.startsWith(PREFIX) && name.endsWith('.sock'),
  )
  const answers: Answer[] = []
  for (const instance of names) {
    // A socket that nobody answers was left behind by a process that died.
    const text = await post(join(dataDir, instance), command, JSON.stringify(input)).catch(() => undefined)
    if (text !== undefined) answers.push({ instance, ...JSON.parse(text) })
    if (onlyOne && answers.length > 0) break
  }
  return answers
}

async function answer(incoming: IncomingMessage, commands: ControlCommands): Promise<unknown> {
  const command = commands[incoming.url?.slice(1) ?? '']
  if (command === undefined) throw new Error('No such command')
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  return command(text === '' ? undefined : JSON.parse(text))
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}

function post(socketPath: string, command: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path: `/${command}`, method: 'POST' }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
