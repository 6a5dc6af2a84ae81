import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startHub } from './hub.mjs'
import { startNginx, whyNoNginx } from './nginx.mjs'
import { ask, endProcess, LOAD_CORE, nextMessage, SERVER_CORE, startProcess } from './processes.mjs'
import { cpuSeconds, residentKilobytes } from './process-usage.mjs'
import { writeStoredFrames } from './stored-frames.mjs'
import { printTable, short, whole } from './table.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const READERS = fileURLToPath(new URL('pack-readers.mjs', import.meta.url))
const FRAMES = { frames: 1200, frameBytes: 55_000 }
/** As the deployed player asks. */
const FRAMES_A_PACK = 20
const ROUNDS = 3
const REST_MS = 2000
const SAMPLE_MS = 20
const MOST_MEGABYTES = 30

/** Frame packs against nginx's sendfile of the same bytes, and what many of them do to the hub's memory. */
export async function framepacks({ isQuick }) {
  const directory = await temporaryDirectory()
  const dataDirectory = join(directory, 'data')
  const id = await writeStoredFrames(dataDirectory, FRAMES)
  const hub = await startHub({ dataDirectory, core: SERVER_CORE })
  const readers = startProcess([process.execPath, READERS], { core: LOAD_CORE, ipc: 'channel' })
  await nextMessage(readers)
  const packs = packsOf(id)
  await pause(REST_MS)
  // Before anything else has made the hub grow.
  await measureMemory(hub, readers, { path: packs.whole[0].path, repeats: isQuick ? 1 : 2 })
  const reason = whyNoNginx()
  if (reason) console.log(`skipped: nginx, since ${reason}`)
  else await compare({ hub, readers, packs, directory, repeats: isQuick ? 4 : 16 })
  await endProcess(readers)
  await endProcess(hub.child)
}

/** Each pack's address at the hub, and the name of the file in which nginx has the same bytes. */
function packsOf(id) {
  const path = `/api/jobs/${id}/framepack`
  const small = Array.from({ length: FRAMES.frames / FRAMES_A_PACK }, (_, index) => ({
    path: `${path}?from=${index * FRAMES_A_PACK + 1}&count=${FRAMES_A_PACK}`, file: `small-${index}.pack`,
  }))
  return { whole: [{ path, file: 'whole.pack' }], small }
}

async function compare({ hub, readers, packs, directory, repeats }) {
  const root = join(directory, 'root')
  await mkdir(root)
  for (const { path, file } of [...packs.whole, ...packs.small]) {
    await writeFile(join(root, file), Buffer.from(await (await fetch(hub.url + path)).arrayBuffer()))
  }
  const nginx = await startNginx(directory, { server: `root ${root}; sendfile on; tcp_nopush on; keepalive_requests 1000000;` })
  const rows = []
  for (const [what, list] of [['the whole pack, 63 MiB', packs.whole], [`packs of ${FRAMES_A_PACK} frames, 1 MiB`, packs.small]]) {
    for (const connections of [1, 4]) {
      const measured = { nginx: [], hub: [] }
      const repeated = Array.from({ length: repeats }, () => list).flat()
      for (let round = 0; round < ROUNDS; round++) {
        measured.nginx.push(await fetchAll(readers, nginx, { connections, paths: repeated.map(({ file }) => `/${file}`) }))
        measured.hub.push(await fetchAll(readers, { port: hub.port, pid: hub.child.pid }, { connections, paths: repeated.map(({ path }) => path) }))
      }
      rows.push({ what, connections, nginx: median(measured.nginx), hub: median(measured.hub) })
    }
  }
  await nginx.stop()
  printTable(
    ['', 'connections', 'nginx MB/s', 'hub MB/s', 'hub / nginx', 'nginx CPU s/GB', 'hub CPU s/GB'],
    rows.map(({ what, connections, nginx, hub }) => [
      what, connections, whole(nginx.rate), whole(hub.rate), short(hub.rate / nginx.rate), short(nginx.cpuPerGigabyte), short(hub.cpuPerGigabyte),
    ]),
  )
  console.log(`\n${ROUNDS} rounds in turns, medians; the goal is 0.6`)
}

async function fetchAll(readers, { port, pid }, { connections, paths }) {
  const before = cpuSeconds(pid)
  const { bytes, seconds } = await ask(readers, { command: 'fetch', port, paths, connections })
  return { rate: bytes / seconds / 1e6, cpuPerGigabyte: ((cpuSeconds(pid) - before) / bytes) * 1e9 }
}

function median(values) {
  return values.toSorted((a, b) => a.rate - b.rate)[Math.floor(values.length / 2)]
}

/** Nine readers that take everything and one that takes nothing. */
async function measureMemory(hub, readers, { path, repeats }) {
  const { pid } = hub.child
  const idle = residentKilobytes(pid)
  let most = idle
  const timer = setInterval(() => { most = Math.max(most, residentKilobytes(pid)) }, SAMPLE_MS)
  const { bytes } = await fetchBesideStalled(readers, { port: hub.port, path, repeats }).finally(() => clearInterval(timer))
  const grown = ((most - idle) * 1024) / 1e6
  console.log([
    `${short(bytes / 2 ** 30)} GiB of packs to nine readers, a tenth stalled: at most ${short(grown)} MB above the hub's`,
    `${whole((idle * 1024) / 1e6)} MB when idle; the goal is at most ${MOST_MEGABYTES}\n`,
  ].join(' '))
}

async function fetchBesideStalled(readers, { port, path, repeats }) {
  await ask(readers, { command: 'stall', port, path })
  return ask(readers, { command: 'fetch', port, paths: Array(repeats).fill(path), connections: 9 })
}
