import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import { createContext, type HubContext } from '../src/context.ts'
import { CommandRunner } from '../src/jobs/command-runner.ts'
import { Preview } from '../src/jobs/preview.ts'
import { HubApi } from './hub-api.ts'
import { makeClip } from './hub-process.ts'
import { pacedFfmpeg } from './media.ts'
import { MjpegViewer } from './mjpeg-viewer.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

const CLIP_SECONDS = 20
const BRIEF_SECONDS = 3
const FRAMES = { width: 160, height: 90, fps: 20, sound: false }

/** A hub whose previews outlive their last viewer by a moment only. */
interface PreviewHub {
  readonly api: HubApi
  readonly directory: string
  stop(): Promise<void>
}

let directory: string
let hub: PreviewHub
/** Its ffmpeg takes as long as what it reads plays. */
let paced: PreviewHub
let clip: string
let briefClip: string
let pacedClip: string
let videoJob: string
let briefJob: string
let framesJob: string
let soundJob: string

beforeAll(async () => {
  directory = await temporaryDirectory()
  const file = join(directory, 'clip.mp4')
  await makeClip(file, CLIP_SECONDS)
  hub = await startPreviewHub('quick', {})
  paced = await startPreviewHub('paced', { REELTIME_FFMPEG: pacedFfmpeg(directory), REELTIME_FFPROBE: execFileSync('which', ['ffprobe']).toString().trim() })
  clip = await hub.api.upload(file)
  const briefFile = join(directory, 'brief.mp4')
  await makeClip(briefFile, BRIEF_SECONDS)
  briefClip = await hub.api.upload(briefFile)
  pacedClip = await paced.api.upload(file)
  videoJob = await hub.api.accepted({ input_url: clip, args: ['-c', 'copy'], output_format: 'mp4' })
  briefJob = await hub.api.accepted({ input_url: briefClip, args: ['-c', 'copy'], output_format: 'mp4' })
  soundJob = await hub.api.accepted({ input_url: clip, args: ['-vn', '-t', '1'], output_format: 'wav' })
  framesJob = await acceptedFrames(hub, { source: clip, ...FRAMES })
  for (const id of [videoJob, briefJob, soundJob, framesJob]) expect((await hub.api.ends(id)).status).toBe('completed')
})

afterAll(async () => {
  await Promise.all([hub.stop(), paced.stop()])
  await removeDirectory(directory)
})

async function startPreviewHub(name: string, settings: Readonly<Record<string, string>>): Promise<PreviewHub> {
  const data = join(directory, name)
  const logger = { info: () => undefined, error: () => undefined }
  const made = await createContext(parseConfig({ PATH: process.env['PATH'], REELTIME_DATA_DIR: data, REELTIME_CONCURRENCY: '2', ...settings }), logger)
  const { jobs, artifacts, frames, engine } = made
  const preview = new Preview({
    jobs, artifacts, frames, engine, runner: new CommandRunner({ engine }), jobDirectory: (id) => join(data, 'jobs', id),
    directory: join(data, 'preview'), lingerMs: 50, mostProducers: 3,
  })
  const context: HubContext = { ...made, preview }
  const server = serve({ fetch: createApp(context).fetch, hostname: '127.0.0.1', port: 0, autoCleanupIncoming: false }) as Server
  await once(server, 'listening')
  return {
    directory: data,
    api: new HubApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    async stop() {
      await made.pool.stop({ drainMs: 0 })
      await preview.close()
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
      await made.close()
    },
  }
}

async function acceptedFrames({ api }: PreviewHub, input: object): Promise<string> {
  const { status, body } = await api.post('/api/jobs', { tool: 'video_frame', input })
  if (status !== 202) throw new Error(JSON.stringify(body))
  return body.id
}

const open = ({ api }: PreviewHub, path: string) => MjpegViewer.open(api.url + path)

/** The programs that make pictures for a hub, each with its command line. */
async function producers({ directory: below }: PreviewHub): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return commands.filter((command) => command.includes(below) && command.includes('-flush_packets')).map((command) => command.replaceAll('\0', ' '))
}

/** Only those who look can tell that a program is gone. */
async function untilNoProducers(of: PreviewHub): Promise<void> {
  while ((await producers(of)).length > 0) await new Promise((looked) => setTimeout(looked, 20))
}

/** The pixels of a picture, as RGB of that size. */
function pixels(picture: Buffer, size = '160x90'): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', '-i', '-', '-s', size, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], { input: picture })
}

/** Mean difference of two pictures, 0 to 255 a colour. */
function difference(one: Buffer, other: Buffer): number {
  const [a, b] = [pixels(one), pixels(other)]
  return a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length
}

function widthOf(jpeg: Buffer): number {
  return Number(execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'stream=width', '-of', 'csv=p=0', '-f', 'jpeg_pipe', '-i', '-'], { input: jpeg }))
}

async function bytes(url: string): Promise<{ status: number; type: string | null; body: Buffer }> {
  const response = await fetch(url)
  return { status: response.status, type: response.headers.get('content-type'), body: Buffer.from(await response.arrayBuffer()) }
}

test('the video of a finished job plays at its own rate to its end, as JPEGs', async () => {
  const began = performance.now()
  const viewer = await open(hub, `/video_feed?job=${briefJob}`)
  expect(viewer.response.headers['content-type']).toBe('multipart/x-mixed-replace; boundary=frame')
  await viewer.ends()
  // A producer that does not keep to the rate needs a tenth of that.
  expect(performance.now() - began).toBeGreaterThan((BRIEF_SECONDS - 1) * 1000)
  expect(viewer.isClosedProperly).toBe(true)
  expect(widthOf(viewer.pictures[0]!)).toBe(640)
  expect(viewer.pictures.length).toBeGreaterThan(10)
  expect(new Set(viewer.pictures.map((picture) => picture.toString('base64'))).size).toBe(viewer.pictures.length)
  await untilNoProducers(hub)
})

test('fps, w and q say how it is to be seen', async () => {
  const url = `/api/jobs/${briefJob}/preview.mjpeg?w=64&fps=5`
  const [small, poor] = await Promise.all([open(hub, url), open(hub, `${url}&q=5`)])
  await Promise.all([small.ends(), poor.ends()])
  expect(widthOf(small.pictures[0]!)).toBe(64)
  expect(small.pictures.length).toBeLessThanOrEqual(5 * BRIEF_SECONDS + 1)
  expect(poor.pictures.at(-1)!.length).toBeLessThan(small.pictures.at(-1)!.length * 0.8)
  await untilNoProducers(hub)
})

test('ten viewers cost one program, and closing them stops it', async () => {
  const first = await open(hub, `/video_feed?job=${videoJob}&loop=1`)
  await first.sees(2)
  const viewers = [first, ...(await Promise.all(Array.from({ length: 9 }, () => open(hub, `/video_feed?job=${videoJob}&loop=1`))))]
  await Promise.all(viewers.map((viewer) => viewer.sees(3)))
  expect(await producers(hub)).toHaveLength(1)
  for (const viewer of viewers.slice(1)) viewer.leave()
  await first.sees(first.pictures.length + 5)
  expect(await producers(hub)).toHaveLength(1)
  first.leave()
  await untilNoProducers(hub)
})

test('the frames of a finished job play to the last one, and then the stream ends', async () => {
  const id = await acceptedFrames(hub, { source: briefClip, ...FRAMES, fps: 4 })
  const { result } = await hub.api.ends(id)
  const viewer = await open(hub, `/video_feed?job=${id}&fps=60`)
  expect(await producers(hub)).toHaveLength(1)
  await viewer.ends()
  expect(viewer.isClosedProperly).toBe(true)
  const [first, last] = await Promise.all([1, Number(result['total_frames'])].map((number) => bytes(`${hub.api.url}/frames/${id}/${number}.png`)))
  expect(difference(viewer.pictures.at(-1)!, last!.body)).toBeLessThan(8)
  expect(difference(viewer.pictures.at(-1)!, first!.body)).toBeGreaterThan(12)
  await untilNoProducers(hub)
})

test('a job of a single frame shows it', async () => {
  const id = await acceptedFrames(hub, { source: briefClip, ...FRAMES, fps: 0.2 })
  expect((await hub.api.ends(id)).result).toMatchObject({ total_frames: 1 })
  const viewer = await open(hub, `/video_feed?job=${id}`)
  await viewer.ends()
  const { body } = await bytes(`${hub.api.url}/frames/${id}/1.png`)
  expect(viewer.pictures.map((picture) => difference(picture, body) < 8)).toEqual([true])
})

test.each(['png', 'jpeg', 'webp', 'raw'])('frames kept as %s are seen as JPEGs too', async (format) => {
  const id = await acceptedFrames(hub, { source: briefClip, ...FRAMES, fps: 4, format })
  await hub.api.ends(id)
  const viewer = await open(hub, `/video_feed?job=${id}&fps=60&loop=1`)
  await viewer.sees(3)
  expect(await producers(hub)).toHaveLength(format === 'jpeg' ? 0 : 1)
  viewer.leave()
  expect(widthOf(viewer.pictures[2]!)).toBe(160)
  const still = await bytes(`${hub.api.url}/api/jobs/${id}/snapshot.jpg`)
  expect([still.status, still.type, widthOf(still.body)]).toEqual([200, 'image/jpeg', 160])
  await untilNoProducers(hub)
})

test('of a job that makes frames the newest is seen while it runs, and the stream ends with the job', async () => {
  const id = await acceptedFrames(paced, { source: pacedClip, ...FRAMES })
  const viewer = await open(paced, `/video_feed?job=${id}`)
  const { result } = await paced.api.reaches(id, (job) => Number(job.result['current_frames']) >= 40)
  await viewer.sees(viewer.pictures.length + 1)
  expect((await paced.api.job(id)).status).toBe('running')
  const [first, newest] = await Promise.all([1, Number(result['current_frames'])].map((number) => bytes(`${paced.api.url}/frames/${id}/${number}.png`)))
  const seen = viewer.pictures.at(-1)!
  expect(difference(seen, newest!.body)).toBeLessThan(difference(seen, first!.body) / 2)
  await paced.api.post(`/api/jobs/${id}/cancel`)
  await viewer.ends()
  expect(viewer.isClosedProperly).toBe(true)
  await untilNoProducers(paced)
})

test('of a running encode its input is seen at the place where it is, only while somebody watches', async () => {
  const id = await paced.api.accepted({ input_url: pacedClip, args: ['-c:v', 'mpeg4'], output_format: 'mp4' })
  await paced.api.runs(id)
  const viewer = await open(paced, `/api/jobs/${id}/preview.mjpeg`)
  await viewer.sees(3)
  expect((await paced.api.job(id)).status).toBe('running')
  expect(widthOf(viewer.pictures[0]!)).toBe(640)
  expect(difference(viewer.pictures[0]!, viewer.pictures[2]!)).toBeGreaterThan(1)
  const still = await bytes(`${paced.api.url}/api/jobs/${id}/snapshot.jpg`)
  expect([still.status, widthOf(still.body)]).toEqual([200, 640])
  viewer.leave()
  await untilNoProducers(paced)
  await paced.api.post(`/api/jobs/${id}/cancel`)
})

test('a viewer that takes nothing holds up nobody', async () => {
  const [slow] = (await once(get(`${hub.api.url}/video_feed?job=${videoJob}&loop=1&w=1920&q=100`, { agent: false }), 'response')) as [IncomingMessage]
  const quick = await open(hub, `/video_feed?job=${videoJob}&loop=1&w=1920&q=100`)
  await quick.sees(40)
  expect(await producers(hub)).toHaveLength(1)
  slow.destroy()
  quick.leave()
  await untilNoProducers(hub)
})

test('a still is a JPEG of the video, of that width, and leaves nothing running', async () => {
  const { status, type, body } = await bytes(`${hub.api.url}/api/jobs/${videoJob}/snapshot.jpg?w=320`)
  expect([status, type, widthOf(body)]).toEqual([200, 'image/jpeg', 320])
  expect(await producers(hub)).toHaveLength(0)
})

test('where there is nothing to be seen, that is said', async () => {
  const unknown = await hub.api.accepted({ input_url: briefClip, args: ['-vn', '-t', '1'], output_format: 'dfpwm' })
  expect((await hub.api.ends(unknown)).artifacts).toMatchObject([{ content_type: 'application/octet-stream' }])
  for (const path of [`/video_feed?job=${soundJob}`, `/video_feed?job=${unknown}`, `/api/jobs/${soundJob}/preview.mjpeg`, `/api/jobs/${soundJob}/snapshot.jpg`]) {
    const { status, body, headers } = await hub.api.request(path)
    expect([status, body.code, headers.get('content-type')]).toEqual([404, 'artifact_not_found', 'application/problem+json'])
  }
  expect((await hub.api.request('/video_feed?job=nobody')).body.code).toBe('job_not_found')
  expect((await hub.api.request('/video_feed')).body.errors).toMatchObject([{ path: 'job' }])
  expect((await hub.api.request(`/video_feed?job=${videoJob}&w=9999&fps=x`)).body.errors).toMatchObject([{ path: 'fps' }, { path: 'w' }])
})

test('one producer too many is refused, and has its place when another has gone', async () => {
  const viewers = await Promise.all([5, 6, 7].map((fps) => open(hub, `/video_feed?job=${videoJob}&w=64&loop=1&fps=${fps}`)))
  const { status, body, headers } = await hub.api.request(`/video_feed?job=${videoJob}&w=64&loop=1&fps=8`)
  expect([status, body.code, headers.get('retry-after')]).toEqual([429, 'too_many_connections', '5'])
  for (const viewer of viewers) viewer.leave()
  await untilNoProducers(hub)
  const viewer = await open(hub, `/video_feed?job=${videoJob}&w=64&loop=1&fps=8`)
  viewer.leave()
  await untilNoProducers(hub)
})

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
]

test.skipIf(!existsSync(CHROMIUM))('in a browser an image of it moves (needs Chromium)', async () => {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  try {
    const page = await browser.newPage({ viewport: { width: 400, height: 240 } })
    for (const job of [videoJob, framesJob]) {
      await page.goto(`${hub.api.url}/health`)
      await page.setContent(`<img width="320" height="180" src="${hub.api.url}/video_feed?job=${job}&loop=1">`, { waitUntil: 'commit' })
      await page.waitForFunction(() => (document.querySelector('img')?.naturalWidth ?? 0) > 0)
      const before = await page.locator('img').screenshot()
      let after = before
      for (let look = 0; look < 50 && after.equals(before); look++) after = await page.locator('img').screenshot()
      expect(difference(before, after)).toBeGreaterThan(0.5)
    }
  } finally {
    await browser.close()
  }
  await untilNoProducers(hub)
})
