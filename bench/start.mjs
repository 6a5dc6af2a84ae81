import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startHub } from './hub.mjs'
import { endProcess } from './processes.mjs'
import { residentKilobytes } from './process-usage.mjs'
import { duration, printTable, short } from './table.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const IDLE_MS = 3000
const BY_NPM = ['npm', 'start', '--']

/** From the start of the process to the line that says where it listens, and what it then needs. */
export async function start({ isQuick }) {
  const runs = isQuick ? 3 : 7
  const direct = []
  const byNpm = []
  const idle = []
  for (let run = 0; run < runs; run++) {
    const hub = await startHub({ dataDirectory: join(await temporaryDirectory(), 'data') })
    direct.push(hub.startMs)
    await pause(IDLE_MS)
    idle.push(residentKilobytes(hub.child.pid) / 1024)
    await endProcess(hub.child)
    const started = await startHub({ dataDirectory: join(await temporaryDirectory(), 'data'), command: BY_NPM })
    byNpm.push(started.startMs)
    await endProcess(started.child)
  }
  printTable([`${runs} starts`, 'least', 'median', 'most'], [
    ['node dist/server.js, until it listens', ...spread(direct).map(duration)],
    ['npm start, until it listens', ...spread(byNpm).map(duration)],
    [`idle after ${IDLE_MS / 1000} s, RSS`, ...spread(idle).map((mebibytes) => `${short(mebibytes)} MiB`)],
  ])
}

function spread(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
}
