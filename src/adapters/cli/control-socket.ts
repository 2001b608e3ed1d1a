import { mkdir, readdir, unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { connect } from 'node:net'
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
 * Listens for the operator's commands on a Unix socket in the data directory, one per process: a user who may open the
 * file is the operator. Removes the sockets of processes that did not live to do it themselves.
 */
export async function openControlSocket(
  dataDir: string,
  commands: ControlCommands,
): Promise<{ close(): Promise<void> }> {
  await mkdir(dataDir, { recursive: true })
  const path = join(dataDir, `${PREFIX}-${process.pid}.sock`)
  await unlink(path).catch(ignoreMissing)
  for (const name of await socketsIn(dataDir)) await removeUnlessAnswered(join(dataDir, name))
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
  const answers: Answer[] = []
  for (const instance of await socketsIn(dataDir).catch(() => [])) {
    // A socket that no process answers was left behind by a process that died.
    const text = await post(join(dataDir, instance), command, JSON.stringify(input)).catch(() => undefined)
    if (text !== undefined) answers.push({ instance, ...JSON.parse(text) })
    if (onlyOne && answers.length > 0) break
  }
  return answers
}

async function socketsIn(dataDir: string): Promise<string[]> {
  const names = await readdir(dataDir)
  return names.filter((name) => name.startsWith(PREFIX) && name.endsWith('.sock'))
}

/** Process ids would say nothing where containers share a directory; whether anybody listens does. */
async function removeUnlessAnswered(path: string): Promise<void> {
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(false)
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'))
  })
  if (refused) await unlink(path).catch(ignoreMissing)
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
