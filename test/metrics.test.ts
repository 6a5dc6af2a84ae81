import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { brief, makeTone, talk } from './media.ts'
import { readMetrics } from './hub-metrics.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let directory: string
let hub: InnerHub
let source: string

beforeAll(async () => {
  directory = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(directory, 'data') })
  source = await hub.api.upload(makeTone(directory))
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(directory)
})

async function metric(sample: string): Promise<number> {
  return (await readMetrics(hub.api)).get(sample) ?? 0
}

test('what is answered is the text format 0.0.4', async () => {
  const response = await fetch(`${hub.api.url}/metrics`)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = (await response.text()).split('\n')
  expect(lines.at(-1)).toBe('')
  const names = lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? [])
  expect(names).toEqual([...new Set(names)])
  expect(names).toEqual(expect.arrayContaining([
    'reeltime_jobs', 'reeltime_jobs_ended_total', 'reeltime_queue_wait_seconds', 'reeltime_job_run_seconds', 'reeltime_realtime_factor', 'reeltime_readers',
    'reeltime_sent_bytes_total', 'reeltime_received_bytes_total', 'reeltime_event_latency_seconds', 'reeltime_refusals_total',
  ]))
})

test('jobs are counted as they are and as they ended, with how long they waited and ran', async () => {
  const completed = await hub.api.accepted(talk(source, 20))
  const failed = await hub.api.accepted({ ...brief(source), args: ['-c:a', 'aac', '-b:a', '1'] })
  await Promise.all([hub.api.ends(completed), hub.api.ends(failed)])
  const samples = await readMetrics(hub.api)
  const { code } = (await hub.api.job(failed)).error!
  expect(samples.get('reeltime_jobs{tool="ffmpeg",status="completed"}')).toBe(1)
  expect(samples.get('reeltime_jobs_ended_total{tool="ffmpeg",status="completed",code=""}')).toBe(1)
  expect(samples.get(`reeltime_jobs_ended_total{tool="ffmpeg",status="failed",code="${code}"}`)).toBe(1)
  expect(samples.get('reeltime_queue_wait_seconds_count')).toBe(2)
  expect(samples.get('reeltime_job_run_seconds_count{tool="ffmpeg"}')).toBe(2)
  expect(samples.get('reeltime_job_run_seconds_sum{tool="ffmpeg"}')).toBeGreaterThan(0)
  expect(samples.get('reeltime_realtime_factor_count{tool="ffmpeg"}')).toBe(1)
})

test('readers are counted by transport while they are there, and some of what they get is timed', async () => {
  const timedBefore = await metric('reeltime_event_latency_seconds_count')
  const socket = new WebSocket(`${hub.api.url.replace('http', 'ws')}/api/jobs/events`)
  await once(socket, 'message')
  expect(await metric('reeltime_readers{transport="websocket"}')).toBe(1)
  expect(await metric('reeltime_readers{transport="sse"}')).toBe(0)
  const leaving = new AbortController()
  const events = await fetch(`${hub.api.url}/api/jobs/events`, { headers: { accept: 'text/event-stream' }, signal: leaving.signal })
  await events.body!.getReader().read()
  expect(await metric('reeltime_readers{transport="websocket"}')).toBe(1)
  expect(await metric('reeltime_readers{transport="sse"}')).toBe(1)
  await hub.api.ends(await hub.api.accepted(brief(source)))
  expect(await metric('reeltime_event_latency_seconds_count')).toBeGreaterThan(timedBefore)
  expect(await metric('reeltime_event_latency_seconds_sum')).toBeLessThan(5)
  leaving.abort()
  socket.terminate()
  while ((await metric('reeltime_readers{transport="websocket"}')) + (await metric('reeltime_readers{transport="sse"}')) > 0);
})

test('refusals are counted by their code, over HTTP, in the dialect and on WebSockets', async () => {
  const refused = (code: string) => metric(`reeltime_refusals_total{code="${code}"}`)
  await hub.api.submit(brief('http://127.0.0.1/a.mp3'))
  expect(await refused('source_refused')).toBe(1)
  await hub.api.request('/api/task/nothing')
  expect(await refused('job_not_found')).toBe(1)
  await hub.api.request('/nowhere')
  expect(await refused('route_not_found')).toBe(1)
  const socket = new WebSocket(`${hub.api.url.replace('http', 'ws')}/api/jobs/nothing/events`)
  await once(socket, 'close')
  expect(await refused('job_not_found')).toBe(2)
  const foreign = new WebSocket(`${hub.api.url.replace('http', 'ws')}/api/ws`, { origin: 'https://elsewhere.example' })
  expect((await once(foreign, 'close'))[0]).toBe(4403)
  expect(await refused('origin_refused')).toBe(1)
})

test('bytes go up with what is sent and received, and never down', async () => {
  const [sent, received] = [await metric('reeltime_sent_bytes_total'), await metric('reeltime_received_bytes_total')]
  const response = await fetch(`${hub.api.url}/api/uploads/zeros`, { method: 'PUT', body: Buffer.alloc(300_000), headers: { connection: 'close' } })
  await response.text()
  expect(await metric('reeltime_received_bytes_total')).toBeGreaterThanOrEqual(received + 300_000)
  expect(await metric('reeltime_sent_bytes_total')).toBeGreaterThan(sent)
})

test('no id, no URL and no file name is told', async () => {
  const id = await hub.api.accepted(brief(source))
  await hub.api.ends(id)
  await hub.api.request(`/api/jobs/${id}/artifacts/nothing.wav`)
  const text = await (await fetch(`${hub.api.url}/metrics`)).text()
  expect(text).not.toContain(id)
  expect(text).not.toMatch(/upload:|:\/\/|\.wav|\/api\//)
})
