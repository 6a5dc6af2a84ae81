import { fileURLToPath } from 'node:url'
import { raiseOpenFiles } from './open-files.mjs'
import { ask, endProcess, LOAD_CORE, startProcess } from './processes.mjs'
import { cpuSeconds } from './process-usage.mjs'
import { startHubServer } from './server.hub.mjs'
import { duration, printTable, quantile, short, whole } from './table.mjs'

const READERS = fileURLToPath(new URL('readers.mjs', import.meta.url))
const RIVAL = '/health'

/** What a scrape of Prometheus costs the hub, against the answer of `/health` in turns, with nobody following and with very many. */
export async function metrics({ isQuick }) {
  const [most, scrapes] = isQuick ? [1000, 100] : [10_000, 400]
  const openFiles = raiseOpenFiles()
  if (most + 200 > openFiles) return console.log(`skipped, since a process here may open ${whole(openFiles)} files and ${whole(most)} readers are wanted`)
  const rows = []
  for (const transport of ['sse', 'websocket']) {
    const server = await startHubServer({ transport, seconds: 3600, lineBytes: 200 })
    const generator = startProcess([process.execPath, READERS], { core: LOAD_CORE, ipc: 'channel' })
    try {
      for (const count of [0, most]) {
        await ask(generator, { command: 'connect', target: server.target, count, stopCount: 0 })
        rows.push({ transport, count, ...await scrape(server, scrapes) })
      }
    } finally {
      await endProcess(generator)
      await server.stop()
    }
  }
  printTable(
    ['readers', '/metrics', RIVAL, 'ratio', 'hub CPU a scrape', 'size', 'readers told'],
    rows.map(({ transport, count, own, rival, cpuMs, bytes, told }) => [
      `${whole(count)} ${transport === 'sse' ? 'SSE' : 'WebSocket'}`, duration(own), duration(rival), short(own / rival), duration(cpuMs), `${whole(bytes)} bytes`, whole(told),
    ]),
  )
  console.log(`\nmedians of ${whole(scrapes)} in turns`)
}

async function scrape({ pid, target: { port } }, scrapes) {
  const times = { '/metrics': [], [RIVAL]: [] }
  let [text, cpu] = ['', 0]
  for (let turn = 0; turn < scrapes; turn++) {
    for (const path of [RIVAL, '/metrics']) {
      const [startedAt, cpuBefore] = [performance.now(), cpuSeconds(pid)]
      const said = await (await fetch(`http://127.0.0.1:${port}${path}`)).text()
      times[path].push(performance.now() - startedAt)
      if (path === '/metrics') [text, cpu] = [said, cpu + cpuSeconds(pid) - cpuBefore]
    }
  }
  const [own, rival] = ['/metrics', RIVAL].map((path) => quantile(times[path].sort((a, b) => a - b), 0.5))
  const told = [...text.matchAll(/^reeltime_readers\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
  return { own, rival, told, bytes: Buffer.byteLength(text), cpuMs: (cpu / scrapes) * 1000 }
}
