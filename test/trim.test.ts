import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
let hub: InnerHub
let film: string
let song: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_CONCURRENCY: '2' })
  // Black for three seconds, then white; its only key frames are its first one and those the encoder sets at 5 s.
  film = await hub.api.upload(make('film.mp4', '-f', 'lavfi', '-i', 'color=black:s=65x49:r=10:d=3', '-f', 'lavfi', '-i', 'color=white:s=65x49:r=10:d=7',
    '-f', 'lavfi', '-i', 'sine=d=10', '-filter_complex', '[0][1]concat', '-c:v', 'libx264', '-g', '50', '-keyint_min', '50', '-sc_threshold', '0', '-pix_fmt', 'yuv444p'))
  song = await hub.api.upload(make('song.wav', '-f', 'lavfi', '-i', 'sine=d=10'))
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

function make(name: string, ...args: readonly string[]): string {
  const file = join(scratch, name)
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, file])
  return file
}

async function made(input: object): Promise<{ name: string; file: string; seconds: number; codecs: string[] }> {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'trim', input })
  expect([status, body.detail]).toEqual([202, undefined])
  const job = await hub.api.ends(body.id)
  expect([job.status, job.error?.message, job.progress, job.result['warnings']]).toEqual(['completed', undefined, 100, undefined])
  const { name } = job.artifacts[0]!
  const file = join(scratch, `${job.id}-${name}`)
  writeFileSync(file, (await hub.api.download(job.id, name)).bytes)
  const { format, streams } = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', file], { encoding: 'utf8' }))
  return { name, file, seconds: Number(format.duration), codecs: streams.map(({ codec_name }: { codec_name: string }) => codec_name) }
}

/** Of each frame, from 0 to 255. */
function brightness(file: string): number[] {
  const rgb = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-vf', 'scale=1:1', '-pix_fmt', 'gray', '-f', 'rawvideo', '-'])
  return [...rgb]
}

test('an exact part begins at its frame, wherever key frames are, and is as long as asked', async () => {
  const part = await made({ source: film, start_seconds: 2.8, duration_seconds: 1.5 })
  expect(part).toMatchObject({ name: 'video.mp4', codecs: ['h264', 'aac'] })
  expect(part.seconds).toBeCloseTo(1.5, 1)
  const lights = brightness(part.file)
  expect(lights).toHaveLength(15)
  expect(lights.slice(0, 2).every((light) => light < 40)).toBe(true)
  expect(lights.slice(2).every((light) => light > 200)).toBe(true)
})

test('a copied part is what it was, from the key frame before', async () => {
  const part = await made({ source: film, start_seconds: 6, end_seconds: 8, exact: false })
  expect(part).toMatchObject({ name: 'video.mkv', codecs: ['h264', 'aac'] })
  expect(part.seconds).toBeGreaterThanOrEqual(2)
  expect(part.seconds).toBeLessThan(3.6)
})

test('a part of a song is sound', async () => {
  const [exact, copied] = [await made({ source: song, start_seconds: 7 }), await made({ source: song, end_seconds: 2, exact: false })]
  expect([exact.name, exact.codecs, copied.name, copied.codecs]).toEqual(['audio.m4a', ['aac'], 'audio.mka', ['pcm_s16le']])
  expect(exact.seconds).toBeCloseTo(3, 0)
  expect(copied.seconds).toBeCloseTo(2, 1)
})

test.each([
  [{ end_seconds: 3, duration_seconds: 2 }, 'duration_seconds'], [{ start_seconds: 5, end_seconds: 5 }, 'end_seconds'], [{ start_seconds: -1 }, 'start_seconds'],
])('%j is refused, and the field named', async (input, path) => {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'trim', input: { source: film, ...input } })
  expect([status, body.errors[0].path]).toEqual([400, path])
})

test('a part behind the end fails and says how long the source is', async () => {
  const { body } = await hub.api.post('/api/jobs', { tool: 'trim', input: { source: film, start_seconds: 11 } })
  expect((await hub.api.ends(body.id)).error).toMatchObject({ code: 'invalid_input', message: expect.stringMatching(/^start_seconds: is not before the end: the source has 10(\.\d+)? s$/) })
})
