import { fileURLToPath } from 'node:url'
import { startProcess } from './processes.mjs'

export const SERVER = fileURLToPath(new URL('../dist/server.js', import.meta.url))
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const START_MS = 120_000

/** A hub of its own on a free port, listening. `command` is how it is started, before its flags. */
export async function startHub({ dataDirectory, core, flags = [], command = [process.execPath, SERVER] }) {
  const startedAt = performance.now()
  const child = startProcess([...command, '--port', '0', '--data-dir', dataDirectory, '--log', 'errors', ...flags], { core, stdout: 'pipe', cwd: ROOT })
  const url = await untilListening(child)
  return { child, url, port: Number(new URL(url).port), startMs: performance.now() - startedAt }
}

function untilListening(child) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the hub did not start')), START_MS)
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
      const url = /listening on (http:\S+)/.exec(said)?.[1]
      if (!url) return
      clearTimeout(timer)
      resolve(url)
    })
    void child.ended.then((code) => {
      clearTimeout(timer)
      reject(new Error(`the hub ended with ${code}: ${said}`))
    })
  })
}

/** Submits as a GMapi client does; answers the id. */
export async function submit(hub, { input_url, args, output_format }) {
  const response = await fetch(`${hub.url}/api/ffmpeg/async`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ input_url, args, output_format }),
  })
  const answer = await response.json()
  if (answer.status !== 'success') throw new Error(`the hub refused the job: ${JSON.stringify(answer)}`)
  return answer.task_id
}
