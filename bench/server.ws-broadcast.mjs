import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeLineCommand } from './line-command.mjs'
import { endProcess, nextMessage, SERVER_CORE, startProcess } from './processes.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const PROGRAM = fileURLToPath(new URL('ws-broadcast.mjs', import.meta.url))

export async function startWsBroadcast({ seconds, ...lines }) {
  const directory = await temporaryDirectory()
  const command = await makeLineCommand(directory, lines)
  const child = startProcess([process.execPath, PROGRAM], { core: SERVER_CORE, ipc: 'channel' })
  const { port } = await nextMessage(child)
  return {
    pid: child.pid,
    target: { port, path: '/', transport: 'websocket', greeting: '\r\n\r\n' },
    begin: () => child.send({ command, seconds, output: join(directory, 'output') }),
    stop: () => endProcess(child),
  }
}
