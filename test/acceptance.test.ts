import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { HubProcess } from './hub-process.ts'
import { parseSse, readSse, type SseEvent } from './read-sse.ts'

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
const ARGS = ['-c:v', 'libx264', '-preset', 'veryfast', '-c:a', 'aac', '-threads', '1']

let directory: string
let media: Server
let mediaUrl: string
let hub: HubProcess

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-acceptance-'))
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
    '-t', '60', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', join(directory, 'clip.mp4')])
  media = createServer((_, outgoing) => createReadStream(join(directory, 'clip.mp4')).pipe(outgoing)).listen(0, '127.0.0.1')
  await once(media, 'listening')
  const { port } = media.address() as AddressInfo
  mediaUrl = `http://127.0.0.1:${port}/clip.mp4`
  hub = await HubProcess.start({ REELTIME_FETCH_ALLOW: `127.0.0.1:${port}` })
}, 120_000)

afterAll(async () => {
  await hub.dispose()
  media.closeAllConnections()
  media.close()
  await rm(directory, { recursive: true, force: true })
})

async function submit(url: string, args: readonly string[]): Promise<string> {
  const response = await fetch(`${url}/api/ffmpeg/async`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ input_url: mediaUrl, args, output_format: 'mp4' }),
  })
  const answer = (await response.json()) as { status: string; task_id: string; message?: string }
  expect(answer, answer.message).toMatchObject({ status: 'success' })
  return answer.task_id
}

const linesOf = (events: readonly SseEvent[]) => events.filter(({ type }) => type === 'new_logs').flatMap(({ data }) => data['new_logs'] as string[])

test('a minute of video is followed in four ways, each line once, and comes out as the bare command makes it', async () => {
  const { url } = hub
  const id = await submit(url, ARGS)
  const [sse, webSocket, polled, terminal] = await Promise.all([
    readSse(`${url}/api/jobs/${id}/events`).then(({ events }) => events),
    followByWebSocket(`${url.replace('http', 'ws')}/api/task/${id}/ws`),
    followByLongPoll(`${url}/api/jobs/${id}/events`),
    runCli(['logs', '-f', id, '--url', url]),
  ])

  const progress = sse.filter(({ type }) => type === 'progress').map(({ data }) => data['progress'] as number)
  expect(progress.length).toBeGreaterThanOrEqual(20)
  expect(progress).toEqual([...progress].sort((a, b) => a - b))
  expect(Math.max(...progress)).toBeLessThan(100)
  expect(sse.at(-2)).toMatchObject({ type: 'status', data: { status: 'completed', progress: 100 } })
  expect(sse.at(-1)).toMatchObject({ type: 'end' })

  const task = (await (await fetch(`${url}/api/task/${id}?after=start`)).json()) as { total_logs: number; result: { download_url: string } }
  const lines = linesOf(sse)
  expect(lines).toHaveLength(task.total_logs)
  expect(linesOf(webSocket)).toEqual(lines)
  expect(linesOf(polled)).toEqual(lines)
  expect(terminal.trimEnd().split('\n').map((line) => line.trim())).toEqual(lines.map((line) => line.trim()))

  const made = Buffer.from(await (await fetch(task.result.download_url)).arrayBuffer())
  execFileSync('ffmpeg', ['-v', 'error', '-i', join(directory, 'clip.mp4'), ...ARGS, join(directory, 'bare.mp4')])
  expect(made.equals(await readFile(join(directory, 'bare.mp4')))).toBe(true)
}, 240_000)

test('fifty broken connections and two killed servers cost a reader not one line, nor repeat one', async () => {
  const { url } = hub
  const id = await submit(url, [...ARGS, '-vf', 'cropdetect', '-t', '40'])
  const seen: number[] = []
  const attempts: number[] = []
  let lastEventId = ''
  let hasEnded = false
  for (let breaks = 0; !hasEnded; breaks++) {
    if (breaks === 15 || breaks === 30) {
      await hub.kill()
      await hub.start()
    }
    // Later breaks take a longer look, so that the job comes to its end.
    const stopAfter = breaks < 50 ? 1 + Math.floor(Math.random() * 12) : Number.POSITIVE_INFINITY
    const { events } = await readSse(`${url}/api/jobs/${id}/events`, { lastEventId, stopAfter })
    expect(events.map(({ type }) => type)).not.toContain('reset')
    for (const { type, id: eventId, data } of events) {
      if (type === 'new_logs') seen.push(...(data['lines'] as { n: number }[]).map(({ n }) => n))
      if (type === 'status' && data['status'] === 'running') attempts.push(data['attempt'] as number)
      if (type === 'end') hasEnded = true
      if (eventId) lastEventId = eventId
    }
    if (hasEnded) expect(breaks).toBeGreaterThanOrEqual(50)
  }
  const job = (await (await fetch(`${url}/api/jobs/${id}`)).json()) as { total_logs: number; status: string; attempt: number }
  expect(job).toMatchObject({ status: 'completed', attempt: 3 })
  expect(attempts).toEqual([1, 2, 3])
  expect(seen).toEqual(Array.from({ length: job.total_logs }, (_, index) => index + 1))
  expect(seen.length).toBeGreaterThan(1000)
}, 240_000)

test('a browser that reconnects after the end is told to stop', async () => {
  const { jobs } = (await (await fetch(`${hub.url}/api/jobs?status=completed&limit=1`)).json()) as { jobs: { id: string; offset?: string }[] }
  const events = await readSse(`${hub.url}/api/jobs/${jobs[0]!.id}/events`)
  const response = await fetch(`${hub.url}/api/jobs/${jobs[0]!.id}/events`, {
    headers: { accept: 'text/event-stream', 'last-event-id': events.events.findLast(({ id }) => id)!.id! },
  })
  expect(response.status).toBe(204)
})

async function followByWebSocket(url: string): Promise<SseEvent[]> {
  const socket = new WebSocket(url)
  const events: SseEvent[] = []
  socket.on('message', (message) => events.push(JSON.parse(String(message)) as SseEvent))
  const [code] = (await once(socket, 'close')) as [number]
  expect(code).toBe(1000)
  return events
}

async function followByLongPoll(url: string): Promise<SseEvent[]> {
  const events: SseEvent[] = []
  for (let after = 'start'; ; ) {
    const page = (await (await fetch(`${url}?after=${after}&wait=20`)).json()) as { events: SseEvent[]; offset: string; closed: boolean }
    events.push(...page.events)
    after = page.offset
    if (page.closed) return events
  }
}

async function runCli(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  expect((await once(child, 'close'))[0]).toBe(0)
  return Buffer.concat(chunks).toString()
}

test('the reader of these tests takes events apart as the standard says', () => {
  expect(parseSse('retry: 5\n\nid: 1.2\nevent: x\ndata: {"a":1}')).toEqual([{ id: '1.2', type: 'x', data: { a: 1 } }])
})
