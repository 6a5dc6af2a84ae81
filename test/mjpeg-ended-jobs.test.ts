import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { difference, widthOf } from './compare-pictures.ts'
import { submitFrames } from './frame-packs.ts'
import { makeClip } from './hub-process.ts'
import { download, openViewer, type PreviewHub, producers, SMALL_FRAMES, startPreviewHub, untilNoProducers } from './preview-hub.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

const BRIEF_SECONDS = 3

let directory: string
let hub: PreviewHub
let briefClip: string
let briefJob: string
let soundJob: string

beforeAll(async () => {
  directory = await temporaryDirectory()
  const file = join(directory, 'brief.mp4')
  await makeClip(file, BRIEF_SECONDS)
  hub = await startPreviewHub(join(directory, 'quick'))
  briefClip = await hub.api.upload(file)
  briefJob = await hub.api.accepted({ input_url: briefClip, args: ['-c', 'copy'], output_format: 'mp4' })
  soundJob = await hub.api.accepted({ input_url: briefClip, args: ['-vn', '-t', '1'], output_format: 'wav' })
  for (const id of [briefJob, soundJob]) expect((await hub.api.ends(id)).status).toBe('completed')
})

afterAll(async () => {
  await hub.stop()
  await removeDirectory(directory)
})

test('the video of a finished job plays at its own rate to its end, as JPEGs', async () => {
  const began = performance.now()
  const viewer = await openViewer(hub, `/video_feed?job=${briefJob}`)
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
  const [small, poor] = await Promise.all([openViewer(hub, url), openViewer(hub, `${url}&q=5`)])
  await Promise.all([small.ends(), poor.ends()])
  expect(widthOf(small.pictures[0]!)).toBe(64)
  expect(small.pictures.length).toBeLessThanOrEqual(5 * BRIEF_SECONDS + 1)
  expect(poor.pictures.at(-1)!.length).toBeLessThan(small.pictures.at(-1)!.length * 0.8)
  await untilNoProducers(hub)
})

test('the frames of a finished job play to the last one, and then the stream ends', async () => {
  const id = await submitFrames(hub.api, { source: briefClip, ...SMALL_FRAMES, fps: 4 })
  const { result } = await hub.api.ends(id)
  const viewer = await openViewer(hub, `/video_feed?job=${id}&fps=60`)
  expect(await producers(hub)).toHaveLength(1)
  await viewer.ends()
  expect(viewer.isClosedProperly).toBe(true)
  const [first, last] = await Promise.all([1, Number(result['total_frames'])].map((number) => download(hub, `/frames/${id}/${number}.png`)))
  expect(difference(viewer.pictures.at(-1)!, last!.body)).toBeLessThan(8)
  expect(difference(viewer.pictures.at(-1)!, first!.body)).toBeGreaterThan(12)
  await untilNoProducers(hub)
})

test('a job of a single frame shows it', async () => {
  const id = await submitFrames(hub.api, { source: briefClip, ...SMALL_FRAMES, fps: 0.2 })
  expect((await hub.api.ends(id)).result).toMatchObject({ total_frames: 1 })
  const viewer = await openViewer(hub, `/video_feed?job=${id}`)
  await viewer.ends()
  const { body } = await download(hub, `/frames/${id}/1.png`)
  expect(viewer.pictures.map((picture) => difference(picture, body) < 8)).toEqual([true])
})

test.each(['png', 'jpeg', 'webp', 'raw'])('frames kept as %s are seen as JPEGs too', async (format) => {
  const id = await submitFrames(hub.api, { source: briefClip, ...SMALL_FRAMES, fps: 4, format })
  await hub.api.ends(id)
  const viewer = await openViewer(hub, `/video_feed?job=${id}&fps=60&loop=1`)
  await viewer.sees(3)
  expect(await producers(hub)).toHaveLength(format === 'jpeg' ? 0 : 1)
  viewer.leave()
  expect(widthOf(viewer.pictures[2]!)).toBe(160)
  const still = await download(hub, `/api/jobs/${id}/snapshot.jpg`)
  expect([still.status, still.type, widthOf(still.body)]).toEqual([200, 'image/jpeg', 160])
  await untilNoProducers(hub)
})

test('a still is a JPEG of the video, of that width, and leaves nothing running', async () => {
  const { status, type, body } = await download(hub, `/api/jobs/${briefJob}/snapshot.jpg?w=320`)
  expect([status, type, widthOf(body)]).toEqual([200, 'image/jpeg', 320])
  expect(await producers(hub)).toHaveLength(0)
})

test('where there is nothing to be seen, that is said', async () => {
  const unknown = await hub.api.accepted({ input_url: briefClip, args: ['-vn', '-t', '1'], output_format: 'dfpwm' })
  expect((await hub.api.ends(unknown)).artifacts).toMatchObject([{ content_type: 'application/octet-stream' }])
  const paths = ['preview.mjpeg', 'snapshot.jpg'].map((name) => `/api/jobs/${soundJob}/${name}`)
  for (const path of [`/video_feed?job=${soundJob}`, `/video_feed?job=${unknown}`, ...paths]) {
    const { status, body, headers } = await hub.api.request(path)
    expect([status, body.code, headers.get('content-type')]).toEqual([404, 'artifact_not_found', 'application/problem+json'])
  }
  expect((await hub.api.request('/video_feed?job=nobody')).body.code).toBe('job_not_found')
  expect((await hub.api.request('/video_feed')).body.errors).toMatchObject([{ path: 'job' }])
  expect((await hub.api.request(`/video_feed?job=${briefJob}&w=9999&fps=x`)).body.errors).toMatchObject([{ path: 'fps' }, { path: 'w' }])
})
