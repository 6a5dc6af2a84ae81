import { measureRow } from './fan-out-row.mjs'
import { LINES_PER_SECOND } from './line.mjs'
import { raiseOpenFiles } from './open-files.mjs'
import { startHubServer } from './server.hub.mjs'
import { startNchan, whyNoNchan } from './server.nchan.mjs'
import { startWsBroadcast } from './server.ws-broadcast.mjs'
import { duration, printTable, short, whole } from './table.mjs'

const LINE_BYTES = 200
/** More than this and the generator is what was measured. */
const FULL_SHARE = 0.95

const HEAD = [
  'server', 'readers per CPU s', '× ws', 'CPU s per million', 'p50', 'p99', 'delivered', 'behind', 'lost or twice',
  'KB a reader', 'connected in',
]

const SERVERS = [
  { name: 'ws broadcast', transport: 'websocket', start: startWsBroadcast, finishes: false },
  { name: 'nginx + nchan', transport: 'websocket', start: startNchan, finishes: false, whyNot: whyNoNchan },
  { name: 'nginx + nchan', transport: 'sse', start: startNchan, finishes: false, whyNot: whyNoNchan },
  { name: 'reeltime', transport: 'websocket', start: startHubServer, finishes: true },
  { name: 'reeltime', transport: 'sse', start: startHubServer, finishes: true },
]

/** Readers served per CPU second, and how late: one job, 20 lines a second, every reader gets every line. */
export async function fanOut({ isQuick }) {
  const counts = isQuick ? [1, 100, 1000] : [1, 100, 1000, 10_000]
  const times = isQuick ? { settleMs: 1000, windowMs: 4000 } : { settleMs: 2000, windowMs: 8000 }
  const openFiles = raiseOpenFiles()
  for (const { name, whyNot } of SERVERS) if (whyNot?.()) console.log(`skipped: ${name}, since ${whyNot()}`)
  for (const count of counts) {
    if (count + 200 > openFiles) {
      console.log(`\nskipped: ${whole(count)} readers, since a process here may open ${whole(openFiles)} files`)
      continue
    }
    const rows = []
    for (const server of SERVERS) {
      if (server.whyNot?.()) continue
      rows.push({ server, row: await measureRow(server.start, { ...server, ...times, count, lineBytes: LINE_BYTES }) })
    }
    print(count, rows)
  }
}

function print(count, rows) {
  const rival = rows[0].row
  console.log(`\n${whole(count)} ${count === 1 ? 'reader' : 'readers'}, ${LINES_PER_SECOND} lines a second\n`)
  printTable(
    HEAD,
    rows.map(({ server, row }) => [
      `${server.name}, ${nameOf(server.transport)}`,
      whole(readersPerCpuSecond(row)),
      server === rows[0].server ? '1' : short(readersPerCpuSecond(row) / readersPerCpuSecond(rival)),
      short((row.cpuSeconds / row.deliveries) * 1e6),
      duration(row.p50),
      duration(row.p99),
      deliveredShare(row, count),
      `${whole(row.worstBehind)} lines`,
      whole(row.gaps + row.repeats),
      count < 100 ? '–' : short(row.kilobytesPerReader),
      duration(row.connectMs),
    ]),
  )
  for (const { server, row } of rows) {
    if (!server.finishes) continue
    const got = 'got every line exactly once, in order, and the end'
    console.log(`${server.name}, ${nameOf(server.transport)}: ${whole(row.whole)} of ${whole(count)} readers ${got}`)
  }
}

function deliveredShare({ deliveries, seconds, ownShare }, count) {
  const percent = whole((deliveries / (seconds * LINES_PER_SECOND * count)) * 100)
  return `${percent} %${ownShare > FULL_SHARE ? ' (generator full)' : ''}`
}

function nameOf(transport) {
  return transport === 'sse' ? 'SSE' : 'WebSocket'
}

/** How many readers one second of the server's CPU serves for one second. */
function readersPerCpuSecond({ deliveries, cpuSeconds }) {
  return deliveries / LINES_PER_SECOND / cpuSeconds
}
