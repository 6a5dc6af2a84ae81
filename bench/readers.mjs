// The load generator, in a process of its own: connects readers, measures for a while, tells what they got.
import { setTimeout as pause } from 'node:timers/promises'
import { LINES_PER_SECOND, now } from './line.mjs'
import { cpuSeconds, residentKilobytes } from './process-usage.mjs'
import { Reader } from './reader.mjs'
import { Samples } from './samples.mjs'
import { quantile } from './table.mjs'

const CONNECTING_AT_ONCE = 100

const latencies = new Samples()
const readers = []
const stopped = []
let isMeasuring = false
let firstLineAt

const commands = {
  async connect({ target, count, stopCount }) {
    const startedAt = performance.now()
    await connectMany(readers, count, target)
    await connectMany(stopped, stopCount, target)
    for (const reader of stopped) reader.stop()
    return { milliseconds: performance.now() - startedAt }
  },

  async measure({ pid, milliseconds }) {
    latencies.clear()
    const [startedAt, cpuBefore, ownBefore] = [performance.now(), cpuSeconds(pid), process.cpuUsage()]
    isMeasuring = true
    await pause(milliseconds)
    isMeasuring = false
    // All of it now: sorting takes a while, in which nothing is read.
    const seconds = (performance.now() - startedAt) / 1000
    const server = { cpuSeconds: cpuSeconds(pid) - cpuBefore, residentKilobytes: residentKilobytes(pid) }
    const own = process.cpuUsage(ownBefore)
    const worstBehind = Math.max(0, linesSaid() - Math.min(...readers.map(({ last }) => last)))
    for (const reader of readers) reader.watchForEnd()
    const sorted = latencies.sorted()
    return {
      ...server,
      seconds,
      deliveries: sorted.length,
      ownShare: (own.user + own.system) / 1e6 / seconds,
      p50: quantile(sorted, 0.5),
      p99: quantile(sorted, 0.99),
      worstBehind,
      ...faults(),
    }
  },

  /** Waits for the server to end them all, and counts those that then have each of the lines. */
  async finish({ total, timeoutMs }) {
    const timeUp = new AbortController()
    const ended = Promise.all(readers.map(({ ended }) => ended))
    await Promise.race([ended, pause(timeoutMs, undefined, { signal: timeUp.signal }).catch(() => undefined)])
    timeUp.abort()
    const isWhole = ({ first, last, gaps, repeats, hasEnded }) => first === 1 && last === total && gaps === 0 && repeats === 0 && hasEnded
    return { whole: readers.filter(isWhole).length, ...faults() }
  },

  async disconnect() {
    for (const reader of [...readers.splice(0), ...stopped.splice(0)]) reader.destroy()
    return {}
  },
}

process.on('message', async ({ command, ...options }) => {
  try {
    process.send(await commands[command](options))
  } catch (error) {
    process.send({ error: `${command}: ${error.stack}` })
  }
})
process.on('disconnect', () => process.exit())

async function connectMany(list, count, target) {
  while (list.length < count) {
    const batch = Array.from({ length: Math.min(CONNECTING_AT_ONCE, count - list.length) }, () => new Reader(target, onLine))
    list.push(...batch)
    await Promise.all(batch.map(({ greeted }) => greeted))
  }
}

function onLine(latencyMs) {
  firstLineAt ??= now() - latencyMs
  if (isMeasuring) latencies.push(latencyMs)
}

function linesSaid() {
  return firstLineAt === undefined ? 0 : Math.floor(((now() - firstLineAt) / 1000) * LINES_PER_SECOND) + 1
}

function faults() {
  return { gaps: sum(readers, 'gaps'), repeats: sum(readers, 'repeats') }
}

function sum(list, name) {
  return list.reduce((total, item) => total + item[name], 0)
}
