import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { difference, widthOf } from './compare-pictures.ts'
import { submitFrames } from './frame-packs.ts'
import { makeClip } from './hub-process.ts'
import { download, openViewer, type PreviewHub, SMALL_FRAMES, startPreviewHub, untilNoProducers } from './preview-hub.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

const BRIEF_SECONDS = 2

let directory: string
/** On a machine without an ffmpeg of its own. */
let hub: PreviewHub
let briefClip: string
let longClip: string

beforeAll(async () => {
  directory = await temporaryDirectory()
  hub = await startPreviewHub(join(directory, 'portable'), { PATH: directory })
  const upload = async (name: string, seconds: number) => {
    const file = join(directory, name)
    await makeClip(file, seconds)
    return hub.api.upload(file)
  }
  briefClip = await upload('brief.mp4', BRIEF_SECONDS)
  longClip = await upload('long.mp4', 30)
  expect((await hub.api.request('/health')).body.ffmpeg.kind).toBe('portable')
})

afterAll(async () => {
  await hub.stop()
  await removeDirectory(directory)
})

test('the video of a finished job plays to its end at its own rate, and there is a still of it', async () => {
  const id = await hub.api.accepted({ input_url: briefClip, args: ['-c', 'copy'], output_format: 'mp4' })
  expect((await hub.api.ends(id)).status).toBe('completed')
  const viewer = await openViewer(hub, `/api/jobs/${id}/preview.mjpeg?fps=10`)
  const firstSeenAt = performance.now()
  await viewer.ends()
  // A producer that does not keep to the rate needs a quarter of that.
  expect(performance.now() - firstSeenAt).toBeGreaterThan((BRIEF_SECONDS / 2) * 1000)
  expect([viewer.isClosedProperly, widthOf(viewer.pictures[0]!)]).toEqual([true, 640])
  expect(Math.abs(viewer.pictures.length - BRIEF_SECONDS * 10)).toBeLessThanOrEqual(3)
  const still = await download(hub, `/api/jobs/${id}/snapshot.jpg?w=320`)
  expect([still.status, still.type, widthOf(still.body)]).toEqual([200, 'image/jpeg', 320])
  await untilNoProducers(hub)
})

test('frames kept as PNG, WebP and raw are seen as JPEGs, to the last one', async () => {
  const jobs = await Promise.all(['png', 'webp', 'raw'].map((format) => {
    return submitFrames(hub.api, { source: briefClip, ...SMALL_FRAMES, fps: 4, format })
  }))
  for (const id of jobs) expect((await hub.api.ends(id)).status).toBe('completed')
  const viewers = await Promise.all(jobs.map((id) => openViewer(hub, `/video_feed?job=${id}`)))
  await Promise.all(viewers.map((viewer) => viewer.ends()))
  const count = BRIEF_SECONDS * 4
  const pngs = await Promise.all([count, count - 1].map((number) => download(hub, `/frames/${jobs[0]}/${number}.png`)))
  for (const { isClosedProperly, pictures } of viewers) {
    expect([isClosedProperly, widthOf(pictures[0]!)]).toEqual([true, 160])
    const [toLast = 0, toOneBefore = 0] = pngs.map(({ body }) => difference(pictures.at(-1)!, body))
    expect(toLast).toBeLessThan(toOneBefore)
  }
  for (const id of jobs) {
    const still = await download(hub, `/api/jobs/${id}/snapshot.jpg?w=64`)
    expect([still.status, widthOf(still.body)]).toEqual([200, 64])
  }
  await untilNoProducers(hub)
})

test.each([
  { what: 'a job that makes frames', begin: () => submitFrames(hub.api, { source: longClip, ...SMALL_FRAMES, width: 640, height: 360 }) },
  { what: 'an encode', begin: () => hub.api.accepted({ input_url: longClip, args: ['-c:v', 'libx264'], output_format: 'mp4' }) },
])('of $what something is seen while it runs, only while somebody watches', async ({ begin }) => {
  const id = await begin()
  await hub.api.runs(id)
  const viewer = await openViewer(hub, `/video_feed?job=${id}`)
  await viewer.sees(3)
  expect((await hub.api.job(id)).status).toBe('running')
  expect(widthOf(viewer.pictures[2]!)).toBe(640)
  expect(difference(viewer.pictures[0]!, viewer.pictures[2]!)).toBeGreaterThan(1)
  viewer.leave()
  await untilNoProducers(hub)
  expect((await hub.api.job(id)).status).toBe('running')
  await hub.api.post(`/api/jobs/${id}/cancel`)
})
