import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { difference, widthOf } from './compare-pictures.ts'
import { submitFrames } from './frame-packs.ts'
import { makeClip } from './hub-process.ts'
import { download, openViewer, type PreviewHub, SMALL_FRAMES, startPacedPreviewHub, untilNoProducers } from './preview-hub.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

let directory: string
/** Its ffmpeg takes as long as what it reads plays. */
let paced: PreviewHub
let clip: string

beforeAll(async () => {
  directory = await temporaryDirectory()
  const file = join(directory, 'clip.mp4')
  await makeClip(file, 20)
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
  const { result } = await paced.api.reaches(id, (job) => Number(job.result['current_frames']) >= 40)
  await viewer.sees(viewer.pictures.length + 1)
  expect((await paced.api.job(id)).status).toBe('running')
  const numbers = [1, Number(result['current_frames'])]
  const [first, newest] = await Promise.all(numbers.map((number) => download(paced, `/frames/${id}/${number}.png`)))
  const seen = viewer.pictures.at(-1)!
  expect(difference(seen, newest!.body)).toBeLessThan(difference(seen, first!.body) / 2)
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
