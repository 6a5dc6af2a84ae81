import { createServer } from 'node:http'
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { currentEngine, runFfmpeg } from './engine.mjs'
import { startHub, submit } from './hub.mjs'
import { makeLineCommand } from './line-command.mjs'
import { endProcess, SERVER_CORE } from './processes.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

/**
 * The real hub with one real job. The job is being fetched while the readers come; `begin` lets the fetch end, and
 * with it the command begin, whose lines it is.
 */
export async function startHubServer({ transport, seconds, ...lines }) {
  const directory = await temporaryDirectory()
  const command = await makeLineCommand(directory, lines)
  const source = await holdBack(await makeSound(directory))
  const hub = await startHub({
    dataDirectory: join(directory, 'data'),
    core: SERVER_CORE,
    flags: ['--ffmpeg', command, '--fetch-allow', `127.0.0.1:${source.port}`],
  })
  const id = await submit(hub, {
    input_url: `http://127.0.0.1:${source.port}/sound.wav`, args: ['-t', String(seconds)], output_format: 'wav',
  })
  return {
    pid: hub.child.pid,
    target: { port: hub.port, path: `/api/jobs/${id}/events`, transport, greeting: 'snapshot', ending: ENDING[transport] },
    begin: () => source.release(),
    async stop() {
      source.close()
      await endProcess(hub.child)
    },
  }
}

const ENDING = { sse: 'event: end\n', websocket: '"type":"end"' }

async function makeSound(directory) {
  const file = join(directory, 'sound.wav')
  runFfmpeg(await currentEngine(), ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-t', '20', '-ac', '1', file])
  return readFile(file)
}

const DRIP_BYTES = 64 * 1024
const DRIP_EACH_MS = 8000

/** Serves bytes that do not end before they are released. They drip, since the hub gives up on a source that stands still. */
async function holdBack(bytes) {
  const waiting = new Set()
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': bytes.length })
    let sent = 0
    const drip = () => {
      response.write(bytes.subarray(sent, sent + DRIP_BYTES))
      sent += DRIP_BYTES
    }
    drip()
    const timer = setInterval(drip, DRIP_EACH_MS)
    waiting.add(() => {
      clearInterval(timer)
      response.end(bytes.subarray(sent))
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const release = () => {
    for (const finish of waiting) finish()
    waiting.clear()
  }
  return {
    port: server.address().port,
    release,
    close() {
      release()
      server.close()
      server.closeAllConnections()
    },
  }
}
