import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { difference, nearestOf, widthOf } from './compare-pictures.ts'
import { submitFrames } from './frame-packs.ts'
import { download, openViewer, type PreviewHub, SMALL_FRAMES, startPacedPreviewHub, untilNoProducers } from './preview-hub.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

let directory: string
/** Its ffmpeg takes as long as what it reads plays. */
let paced: PreviewHub
let clip: string

beforeAll(async () => {
  directory = await temporaryDirectory()
  const file = join(directory, 'clip.mp4')
  await makeBrightening(file, 20)
  paced = await startPacedPreviewHub(directory)
  clip = await paced.api.upload(file)
})

afterAll(async () => {
  await paced.stop()
  await removeDirectory(directory)
})

test('of a job that makes frames the newest is seen while it runs, and the stream ends with the job', async () => {
  const id = await submitFrames(paced.api, { source: clip, ...SMALL_FRAMES })
  const viewer = await openViewer(paced, `/video_feed?job=${id}`)
  const { result } = await paced.api.reaches(id, (job) => Number(job.result['current_frames']) >= 60)
  await viewer.sees(viewer.pictures.length + 2)
  const seen = viewer.pictures.at(-1)!
  const after = await paced.api.job(id)
  expect(after.status).toBe('running')
  expect(await nearestFrame(id, seen, Number(after.result['current_frames']))).toBeGreaterThan(Number(result['current_frames']) / 2)
  await paced.api.post(`/api/jobs/${id}/cancel`)
  await viewer.ends()
  expect(viewer.isClosedProperly).toBe(true)
  await untilNoProducers(paced)
})

test('of a running encode its input is seen at the place where it is, only while somebody watches', async () => {
  const id = await paced.api.accepted({ input_url: clip, args: ['-c:v', 'mpeg4'], output_format: 'mp4' })
  await paced.api.runs(id)
  const viewer = await openViewer(paced, `/api/jobs/${id}/preview.mjpeg`)
  await viewer.sees(3)
  expect((await paced.api.job(id)).status).toBe('running')
  expect(widthOf(viewer.pictures[0]!)).toBe(640)
  expect(difference(viewer.pictures[0]!, viewer.pictures[2]!)).toBeGreaterThan(1)
  const still = await download(paced, `/api/jobs/${id}/snapshot.jpg`)
  expect([still.status, widthOf(still.body)]).toEqual([200, 640])
  viewer.leave()
  await untilNoProducers(paced)
  await paced.api.post(`/api/jobs/${id}/cancel`)
})

/** From black to white over its whole length, so that each picture of it tells its time by its brightness. */
async function makeBrightening(file: string, seconds: number): Promise<void> {
  const source = `color=white:size=640x360:rate=30:duration=${seconds},fade=in:duration=${seconds}`
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, '-c:v', 'libx264', '-preset', 'ultrafast', file])
}

/** The number of the frame that looks most like a picture, of every fourth of those made so far. */
async function nearestFrame(id: string, picture: Buffer, count: number): Promise<number> {
  const numbers = Array.from({ length: Math.ceil(count / 4) }, (_, index) => 1 + 4 * index)
  const frames = await Promise.all(numbers.map((number) => download(paced, `/frames/${id}/${number}.png`)))
  return numbers[await nearestOf(picture, frames.map(({ body }) => body))]!
}
