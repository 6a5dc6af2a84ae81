import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyEvent, EMPTY_JOB, type Job } from '../src/jobs/job.ts'
import { startHub, type Hub } from '../src/server.ts'
import { logged, readPages, readSse, readWebSocket } from './channel-reader.ts'

let directory: string
let hub: Hub

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'channel-'))
  const logger = { info: () => undefined, error: (event: string, fields?: object) => console.error(event, fields) }
  hub = await startHub({ PORT: '0', REELTIME_DATA_DIR: join(directory, 'data'), PATH: process.env['PATH'] }, logger)
})

afterAll(async () => {
  await hub.stop()
  await rm(directory, { recursive: true })
})

test('a real job is told alike over SSE, WebSocket, long poll and JSON page, and folds to what the API shows', async () => {
  const clip = join(directory, 'tone.wav')
  await promisify(execFile)('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', 'sine=duration=2', clip])
  const upload = await fetch(`${hub.url}/api/uploads/tone.wav`, { method: 'PUT', body: await readFile(clip) })
  const { source } = (await upload.json()) as { source: string }
  const submitted = await fetch(`${hub.url}/api/jobs`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tool: 'ffmpeg', input: { inputs: [{ source }], outputs: [{ format: 'flac', args: ['-c:a', 'flac'] }] } }),
  })
  const { id } = (await submitted.json()) as Job
  expect([submitted.status, typeof id]).toEqual([202, 'string'])
  const url = `${hub.url}/api/jobs/${id}/events`
  const [sse, webSocket, polled] = await Promise.all([readSse(url), readWebSocket(url), readPages(url, { wait: '20', rev: '0' })])
  const truth = logged(await readPages(url))
  expect(truth.at(-1)).toMatchObject({ type: 'end', data: { status: 'completed' } })
  const { offset: _, ...shown } = (await (await fetch(`${hub.url}/api/jobs/${id}`)).json()) as Job
  for (const events of [sse.events, webSocket.events]) {
    expect(logged(events)).toEqual(truth)
    const { offset: __, ...folded } = events.reduce(applyEvent, EMPTY_JOB)
    expect(folded).toEqual(shown)
  }
  expect(logged(polled)).toEqual(truth)
  const progress = sse.events.flatMap((event) => (event.type === 'progress' ? [event.data.progress ?? 0] : []))
  expect(progress).toEqual([...progress].sort((a, b) => a - b))
})
