// Loads a hub of its own for SOAK_SECONDS (600) and tells whether it is afterwards what it was before. The same
// SOAK_SEED makes the same load.
import { setMaxListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { join } from 'node:path'
import { startHub } from '../../bench/hub.mjs'
import { raiseOpenFiles } from '../../bench/open-files.mjs'
import { endEverything, endProcess } from '../../bench/processes.mjs'
import { quantile } from '../../bench/table.mjs'
import { removeTemporaryDirectories, temporaryDirectory } from '../../bench/temporary-directory.mjs'
import { JobLoad } from './job-load.mjs'
import { uploadMedia } from './media.mjs'
import { usageOf } from './process-tree.mjs'
import { judge } from './promises.mjs'
import { randomFrom } from './random.mjs'
import { Readers } from './readers.mjs'

const seconds = Number(process.env.SOAK_SECONDS ?? 600)
const seed = Number(process.env.SOAK_SEED ?? Math.floor(Math.random() * 2 ** 32))
const wanted = { jobsPerMinute: Number(process.env.SOAK_JOBS ?? 200), followers: Number(process.env.SOAK_FOLLOWERS ?? 500), stalled: Number(process.env.SOAK_STALLED ?? 50) }
const LINE_EACH_SECONDS = 10
const EARLY_SECONDS = 60
const RETENTION_SECONDS = 60
/** The hub sweeps each minute; what ended last is swept by the second one. */
const SWEPT_WITHIN_MS = (RETENTION_SECONDS + 2 * 60 + 10) * 1000
const LET_GO_WITHIN_MS = 15_000
// Less than that no memory can be judged by.
const isShort = seconds < 2 * EARLY_SECONDS

process.once('SIGINT', () => void endEverything().then(() => process.exit(130)))
raiseOpenFiles()
console.log(`seed ${seed}: ${seconds} s of ${wanted.jobsPerMinute} jobs a minute, ${wanted.followers} followers, ${wanted.stalled} stalled`)
const directory = await temporaryDirectory()
// As npm start starts it.
const command = [process.execPath, '--max-semi-space-size=4', '--disable-warning=ExperimentalWarning', 'dist/server.js']
const flags = ['--retention-seconds', String(RETENTION_SECONDS), '--concurrency', '4']
const hub = await startHub({ dataDirectory: join(directory, 'data'), flags, command })
try {
  const verdicts = await soak()
  console.log('')
  for (const { promise, state, figures } of verdicts) console.log(`${state.padEnd(13)} ${promise}: ${figures}`)
  process.exitCode = verdicts.some(({ state }) => state === 'BROKEN') ? 1 : 0
} finally {
  await endProcess(hub.child)
  await removeTemporaryDirectories()
}
process.exit()

async function soak() {
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  const random = randomFrom(seed)
  const media = await uploadMedia(hub.url, directory)
  const before = usageOf(hub.child.pid)
  const load = new JobLoad({ hub, media, random, signal: over.signal })
  const readers = new Readers({ hub, random, signal: over.signal, jobs: load })
  const startedAt = performance.now()
  load.start(wanted.jobsPerMinute)
  const gone = readers.run(wanted)
  const early = await watch({ load, readers, startedAt })
  over.abort()
  await Promise.all([gone, load.settled()])
  const minutes = (performance.now() - startedAt) / 60_000
  if (isShort) await removeJobs()
  const isSwept = await until(async () => (await jobsKept()).length === 0, SWEPT_WITHIN_MS)
  await until(() => usageOf(hub.child.pid).children === 0 && usageOf(hub.child.pid).descriptors <= before.descriptors, LET_GO_WITHIN_MS)
  const after = usageOf(hub.child.pid)
  printLine({ startedAt, usage: after, followers: await followersNow(), jobsPerMinute: 0, latencies: [] })
  console.log(`of the ${after.rssMebibytes.toFixed(0)} MiB at last: ${await memoryNow()}`)
  return judge({ before, early, after, wanted, load, readers, minutes, isSwept, isShort })
}

/** Prints a line each ten seconds; answers with what the hub held after the first minute, or half of the time. */
async function watch({ load, readers, startedAt }) {
  console.log('seconds   rss MiB   descriptors   children   jobs/min   followers   p50 ms   p99 ms')
  const earlyAt = Math.min(EARLY_SECONDS, seconds / 2)
  let early
  for (let at = 0; at < seconds; ) {
    const step = Math.min(LINE_EACH_SECONDS, seconds - at)
    const ended = load.ended
    await pause(step * 1000)
    at += step
    const usage = usageOf(hub.child.pid)
    if (at >= earlyAt) early ??= usage
    const latencies = readers.latencies.sorted()
    printLine({ startedAt, usage, followers: await followersNow(), jobsPerMinute: ((load.ended - ended) * 60) / step, latencies })
    readers.latencies.clear()
  }
  return early
}

function printLine({ startedAt, usage, followers, jobsPerMinute, latencies }) {
  const numbers = [
    (performance.now() - startedAt) / 1000, usage.rssMebibytes, usage.descriptors, usage.children, jobsPerMinute, followers,
    quantile(latencies, 0.5), quantile(latencies, 0.99),
  ]
  const widths = [7, 10, 14, 11, 11, 12, 9, 9]
  console.log(numbers.map((number, column) => (Number.isNaN(number) ? '–' : number.toFixed(0)).padStart(widths[column])).join(''))
}

async function followersNow() {
  const text = await (await fetch(`${hub.url}/metrics`)).text()
  return [...text.matchAll(/^reeltime_readers\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
}

/** What is alive, and what the next collection frees, cannot be told apart. */
async function memoryNow() {
  const text = await (await fetch(`${hub.url}/metrics`)).text()
  const mebibytes = (name) => (Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1]) / 2 ** 20).toFixed(0)
  return `${mebibytes('nodejs_heap_size_used_bytes')} MiB of objects, ${mebibytes('nodejs_external_memory_bytes')} MiB of buffers`
}

async function jobsKept() {
  return (await (await fetch(`${hub.url}/api/jobs?limit=500`)).json()).jobs
}

/** There is no time to wait for a sweep. */
async function removeJobs() {
  for (const { id } of await jobsKept()) await fetch(`${hub.url}/api/jobs/${id}`, { method: 'DELETE' })
}

/** Looks each second; false where it does not come to be in time. */
async function until(isTrue, milliseconds) {
  const end = performance.now() + milliseconds
  while (performance.now() < end) {
    if (await isTrue()) return true
    await pause(1000)
  }
  return false
}
