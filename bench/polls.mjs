import { fileURLToPath } from 'node:url'
import { startHub } from './hub.mjs'
import { raiseOpenFiles } from './open-files.mjs'
import { ask, endProcess, LOAD_CORE, nextMessage, SERVER_CORE, startProcess } from './processes.mjs'
import { residentKilobytes } from './process-usage.mjs'
import { writeStoredJobs } from './stored-jobs.mjs'
import { duration, printTable, short, whole } from './table.mjs'
import { temporaryDirectory } from './temporary-directory.mjs'

const POLLER = fileURLToPath(new URL('poller.mjs', import.meta.url))
const CONNECTIONS = 16
const FEW = 100
/** The same jobs of a larger store, and then each job of it, most of which nobody has asked for lately. */
const ASKS = ['/api/jobs/', '/api/task/'].flatMap((prefix) => [{ prefix, asked: FEW }, { prefix, asked: Infinity }])

/** Polls per second with many stored jobs against few: how many are stored should not show. */
export async function polls({ isQuick }) {
  raiseOpenFiles()
  const [many, rounds, milliseconds] = isQuick ? [2000, 2, 1000] : [10_000, 3, 3000]
  const few = await open(FEW)
  const much = await open(many)
  printTable(
    ['stored jobs', 'first start, index made anew', 'next start', 'RSS then'],
    [few, much].map(({ ids, rebuildMs, hub, restKilobytes }) =>
      [whole(ids.length), duration(rebuildMs), duration(hub.startMs), `${short(restKilobytes / 1024)} MiB`]),
  )
  console.log('')
  const poller = startProcess([process.execPath, POLLER], { core: LOAD_CORE, ipc: 'channel' })
  await nextMessage(poller)
  const rows = []
  for (const { prefix, asked } of ASKS) {
    const rates = { few: [], many: [] }
    for (let round = 0; round < rounds; round++) {
      rates.few.push(await measure(poller, few, { prefix, asked, milliseconds }))
      rates.many.push(await measure(poller, much, { prefix, asked, milliseconds }))
    }
    const [ofFew, ofMany] = [median(rates.few), median(rates.many)]
    const which = Number.isFinite(asked) ? `${asked} of them` : 'all of them'
    rows.push([`GET ${prefix}:id, ${which} in turn`, whole(ofFew), whole(ofMany), short(ofMany / ofFew)])
  }
  printTable(['polls a second', `${FEW} stored`, `${whole(many)} stored`, 'ratio'], rows)
  console.log(`\n${CONNECTIONS} connections, ${rounds} rounds in turns of ${milliseconds / 1000} s, medians; RSS after: ${
    [few, much].map(({ ids, hub }) => `${short(residentKilobytes(hub.child.pid) / 1024)} MiB with ${whole(ids.length)}`).join(', ')}`)
  await endProcess(poller)
  for (const { hub } of [few, much]) await endProcess(hub.child)
}

/** A hub on a directory that another one has indexed before. */
async function open(count) {
  const dataDirectory = await temporaryDirectory()
  const ids = await writeStoredJobs(dataDirectory, count)
  const first = await startHub({ dataDirectory, core: SERVER_CORE })
  const listed = await fetch(`${first.url}/api/jobs/${ids.at(-1)}`)
  if (listed.status !== 200) throw new Error(`the hub did not take up the stored jobs: ${listed.status}`)
  await endProcess(first.child)
  const hub = await startHub({ dataDirectory, core: SERVER_CORE })
  return { ids, hub, rebuildMs: first.startMs, restKilobytes: residentKilobytes(hub.child.pid) }
}

async function measure(poller, { hub, ids }, { prefix, asked, milliseconds }) {
  const { count, seconds } = await ask(poller, { port: hub.port, prefix, ids: ids.slice(0, asked), connections: CONNECTIONS, milliseconds })
  return count / seconds
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
