import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeFivePictures, makePicture, middleColors, probeAnimation } from './gif-media.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
/** On a machine without an ffmpeg of its own. */
let hub: InnerHub
let five: string[]

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), PATH: scratch })
  expect((await hub.api.request('/health')).body.ffmpeg.kind).toBe('portable')
  five = await Promise.all(makeFivePictures(scratch).map(upload))
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

async function upload(file: string): Promise<string> {
  const { body } = await hub.api.request(`/api/uploads/${basename(file)}`, { method: 'PUT', body: readFileSync(file) })
  return body.source
}

async function made(input: object): Promise<Buffer> {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'gif', input })
  expect([status, body.detail]).toEqual([202, undefined])
  const job = await hub.api.ends(body.id)
  expect([job.status, job.error?.message]).toEqual(['completed', undefined])
  return (await hub.api.download(job.id, job.artifacts[0]!.name)).bytes
}

test('the portable engine makes a GIF of pictures of all kinds, a photo of a telephone among them', async () => {
  const photo = await upload(join(import.meta.dirname, 'fixtures/photo.heic'))
  const gif = await made({ sources: [...five, photo], delay_ms: 200, width: 96, height: 64 })
  expect(probeAnimation(gif, { directory: scratch, demuxer: 'gif' })).toEqual({ width: 96, height: 64, delays: Array.from({ length: 6 }, () => 0.2) })
  const [red] = middleColors(gif, { width: 96, height: 64 })
  for (const [channel, wanted] of [0xd0, 0x20, 0x20].entries()) expect(Math.abs(red![channel]! - wanted)).toBeLessThanOrEqual(12)
})

test('it makes one of a part of a film', async () => {
  const film = await upload(makePicture(scratch, 'film.mp4', 'testsrc2=s=320x180:r=24', '-t', '2', '-pix_fmt', 'yuv420p'))
  const gif = await made({ sources: [film], start_seconds: 0.5, duration_seconds: 1, fps: 10, width: 80 })
  expect(probeAnimation(gif, { directory: scratch, demuxer: 'gif' })).toMatchObject({ width: 80, delays: { length: 10 } })
})

test('captions, for which it has no letters, are refused before anything is made, with what to do', async () => {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'gif', input: { sources: five, captions: ['Hello'] } })
  const { error } = status === 202 ? await hub.api.ends(body.id) : { error: body }
  expect(error).toMatchObject({ code: 'missing_capability', hint: expect.stringMatching(/^Install ffmpeg .*, or leave the text out$/) })
})
