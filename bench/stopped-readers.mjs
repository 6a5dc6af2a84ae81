import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ask, endProcess, LOAD_CORE, startProcess } from './processes.mjs'
import { startHubServer } from './server.hub.mjs'
import { startWsBroadcast } from './server.ws-broadcast.mjs'
import { duration, printTable, short, whole } from './table.mjs'

const READERS = fileURLToPath(new URL('readers.mjs', import.meta.url))
const STOPPED = 100
/** The kernel takes up to 4 MiB for a reader that takes nothing; only what is more than that shows in the server. */
const BURST_BYTES = 8 * 2 ** 20
const BURST_MS = 3000
const SERVERS = [
  { name: 'ws broadcast', transport: 'websocket', start: startWsBroadcast },
  { name: 'reeltime', transport: 'websocket', start: startHubServer },
  { name: 'reeltime', transport: 'sse', start: startHubServer },
]

/** What readers that stop reading cost the others and the server, against the same without them. */
export async function stoppedReaders({ isQuick }) {
  const times = isQuick ? { settleMs: 1000, windowMs: 4000 } : { settleMs: 2000, windowMs: 8000 }
  const count = 1000
  const rows = []
  for (const server of SERVERS) {
    const without = await measure(server, { ...times, count, stopCount: 0 })
    const withStopped = await measure(server, { ...times, count, stopCount: STOPPED })
    rows.push([
      `${server.name}, ${server.transport === 'sse' ? 'SSE' : 'WebSocket'}`,
      `${duration(without.p50)} / ${duration(without.p99)}`,
      `${duration(withStopped.p50)} / ${duration(withStopped.p99)}`,
      short(withStopped.p99 / without.p99),
      `${whole(without.residentKilobytes / 1024)} MiB`,
      `${whole(withStopped.residentKilobytes / 1024)} MiB`,
      whole((withStopped.residentKilobytes - without.residentKilobytes) / STOPPED),
    ])
  }
  console.log(`${whole(count)} readers, ${STOPPED} more that take nothing of ${BURST_BYTES / 2 ** 20} MiB of log\n`)
  printTable(['server', 'p50 / p99 without', 'p50 / p99 with', 'p99 ratio', 'RSS without', 'RSS with', 'KB a stopped reader'], rows)
}

async function measure({ start, transport }, { count, stopCount, settleMs, windowMs }) {
  // The readers that are measured come after the burst, while the lines run already.
  const seconds = (settleMs + windowMs) / 1000 + 10
  const server = await start({ transport, seconds, lineBytes: 200, burstBytes: BURST_BYTES })
  const generator = startProcess([process.execPath, READERS], { core: LOAD_CORE, ipc: 'channel' })
  try {
    await ask(generator, { command: 'connect', target: server.target, count: 0, stopCount })
    await server.begin()
    await pause(BURST_MS)
    const live = { ...server.target, path: `${server.target.path}?after=now` }
    await ask(generator, { command: 'connect', target: live, count, stopCount })
    await pause(settleMs)
    const measured = await ask(generator, { command: 'measure', pid: server.pid, milliseconds: windowMs })
    if (measured.gaps + measured.repeats > 0) throw new Error(`${measured.gaps} lines lost, ${measured.repeats} twice`)
    return measured
  } finally {
    await endProcess(generator)
    await server.stop()
  }
}
