import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { LINES_PER_SECOND } from './line.mjs'
import { ask, endProcess, LOAD_CORE, startProcess } from './processes.mjs'
import { residentKilobytes } from './process-usage.mjs'

const READERS = fileURLToPath(new URL('readers.mjs', import.meta.url))
const REST_MS = 1000
const FINISH_MS = 15_000
/** How much longer the lines go on than they are measured. */
const SPARE_SECONDS = 2

/**
 * One server, started for this alone, with `count` readers. `finishes`: the server ends its readers after the last
 * line, which is waited for.
 */
export async function measureRow(startServer, { transport, count, settleMs, windowMs, lineBytes, finishes }) {
  const seconds = (settleMs + windowMs) / 1000 + SPARE_SECONDS
  const server = await startServer({ transport, seconds, lineBytes })
  const generator = startProcess([process.execPath, READERS], { core: LOAD_CORE, ipc: 'channel' })
  try {
    await pause(REST_MS)
    const before = residentKilobytes(server.pid)
    const { milliseconds: connectMs } = await ask(generator, { command: 'connect', target: server.target, count, stopCount: 0 })
    await pause(REST_MS)
    const connected = residentKilobytes(server.pid)
    await server.begin()
    await pause(settleMs)
    const measured = await ask(generator, { command: 'measure', pid: server.pid, milliseconds: windowMs })
    const total = Math.round(seconds * LINES_PER_SECOND)
    const finished = finishes ? await ask(generator, { command: 'finish', total, timeoutMs: FINISH_MS }) : {}
    await ask(generator, { command: 'disconnect' })
    return { ...measured, ...finished, connectMs, kilobytesPerReader: (connected - before) / count }
  } finally {
    await endProcess(generator)
    await server.stop()
  }
}
