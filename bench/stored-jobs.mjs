import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeLine } from '../dist/streams/entry.js'

const LOG_LINES = 40
const WRITING_AT_ONCE = 64

/** Fills a data directory with jobs that have ended well, as a hub leaves them; answers their ids. */
export async function writeStoredJobs(dataDirectory, count) {
  const ids = Array.from({ length: count }, (_, index) => `bench${String(index).padStart(17, '0')}`)
  for (let from = 0; from < count; from += WRITING_AT_ONCE) {
    const batch = ids.slice(from, from + WRITING_AT_ONCE)
    await Promise.all(batch.map((id, index) => writeJob(join(dataDirectory, 'jobs', id), id, from + index)))
  }
  return ids
}

async function writeJob(directory, id, index) {
  const input = { inputs: [{ source: `http://media.example/${id}.mov` }], outputs: [{ format: 'mp4', args: ['-c:v', 'libx264'] }] }
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'request.json'), JSON.stringify({ tool: 'ffmpeg', input, fingerprint: id }), { mode: 0o600 })
  await writeFile(join(directory, 'events.ndjson'), encodeEvents(eventsOf(id, input, Date.now() - 600_000 + index)))
}

function eventsOf(id, input, createdAt) {
  const [startedAt, endedAt] = [createdAt + 20, createdAt + 60_000]
  const lines = Array.from({ length: LOG_LINES }, (_, index) => ({
    n: index + 1, source: 'stderr', level: 'info', text: `Stream #0:${index}: Video: h264 (High), yuv420p, 1280x720, 30 fps, 30 tbr`,
  }))
  const artifact = {
    name: 'output.mp4', size: 1_048_576, content_type: 'video/mp4', sha256: '0'.repeat(64), url: `/api/jobs/${id}/artifacts/output.mp4`,
  }
  const events = [
    ['status', { status: 'queued', id, tool: 'ffmpeg', input, created_at: createdAt }],
    ['status', { status: 'running', attempt: 1, started_at: startedAt, progress: 0 }],
    ['new_logs', { first: 1, last: LOG_LINES, new_logs: lines.map(({ text }) => text), lines }],
    ['artifact', { artifact }],
    ['result', { result: { files: [artifact.name] } }],
    ['status', { status: 'completed', ended_at: endedAt, expires_at: endedAt + 7_200_000, progress: 100 }],
    ['end', { status: 'completed' }],
  ]
  return events.map(([type, data]) => ({ type, data, at: type === 'end' ? endedAt : startedAt }))
}

function encodeEvents(events) {
  const encoded = []
  let from = 0
  for (const { type, data, at } of events) {
    const line = encodeLine({ type, data }, { epoch: 0, from, at })
    encoded.push(line)
    from += line.length
  }
  return Buffer.concat(encoded)
}
