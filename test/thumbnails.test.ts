import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Job } from '../src/jobs/job.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
let hub: InnerHub
/** 30 s, each second a little brighter than the one before: a picture tells when it was taken. Its only key frame is its first. */
let film: string
let song: string
const start = promisify(execFile)

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_CONCURRENCY: '2' })
  film = await upload('film.mp4', '-f', 'lavfi', '-i', "color=black:s=160x90:r=10:d=30,geq=lum='20+7*floor(T)':cb=128:cr=128", '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '999', '-pix_fmt', 'yuv420p')
  song = await upload('song.wav', '-f', 'lavfi', '-i', 'sine=d=1')
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

async function upload(name: string, ...args: readonly string[]): Promise<string> {
  await start('ffmpeg', ['-v', 'error', '-y', ...args, join(scratch, name)])
  return hub.api.upload(join(scratch, name))
}

async function made(input: object): Promise<Job> {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'thumbnails', input: { source: film, ...input } })
  expect([status, body.detail]).toEqual([202, undefined])
  const job = await hub.api.ends(body.id)
  expect([job.status, job.error?.message, job.progress, job.result['warnings']]).toEqual(['completed', undefined, 100, undefined])
  return job
}

async function fetched(job: Job, name: string): Promise<string> {
  const file = join(scratch, `${job.id}-${name}`)
  writeFileSync(file, (await hub.api.download(job.id, name)).bytes)
  return file
}

/** Of a picture, or of a part of it: the second of the film that it shows. */
async function secondShown(file: string, part?: { x: number; y: number; width: number; height: number }): Promise<number> {
  const crop = part ? `crop=${part.width / 2}:${part.height / 2}:${part.x + part.width / 4}:${part.y + part.height / 4},` : ''
  const { stdout } = await start('ffmpeg', ['-v', 'error', '-i', file, '-vf', `${crop}scale=1:1,format=rgb24`, '-f', 'rawvideo', '-'], { encoding: 'buffer' })
  // What was from 16 to 235 in the film is from 0 to 255 in a picture.
  return Math.abs(Math.round(((stdout[1]! * 219) / 255 + 16 - 20) / 7))
}

async function sizeOf(file: string): Promise<string> {
  const { stdout } = await start('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0', file])
  return stdout.trim()
}

test.each([
  [{ count: 3 }, [5, 15, 25], 'image/jpeg', 'mjpeg,160,90'],
  [{ every_seconds: 2.5, width: 80, format: 'png' }, [0, 2, 5, 7, 10, 12, 15, 17, 20, 22, 25, 27], 'image/png', 'png,80,46'],
  [{ at_seconds: [29.5, 3.2], height: 45, format: 'webp' }, [29, 3], 'image/webp', 'webp,80,44'],
])('%j takes a picture at each of its moments', async (input, seconds, type, size) => {
  const job = await made(input)
  expect(job.artifacts.map(({ name }) => name.slice(0, 13))).toEqual(seconds.map((_, index) => `thumbnail_${String(index + 1).padStart(3, '0')}`))
  expect(job.artifacts[0]!.content_type).toBe(type)
  const files = await Promise.all(job.artifacts.map(({ name }) => fetched(job, name)))
  expect(await Promise.all(files.map((file) => secondShown(file)))).toEqual(seconds)
  expect(await sizeOf(files[0]!)).toBe(size)
})

test('a film whose pixels are not square is seen as wide as it is meant', async () => {
  const source = await upload('wide.mp4', '-i', join(scratch, 'film.mp4'), '-vf', 'setsar=2', '-t', '2', '-c:v', 'libx264', '-preset', 'ultrafast')
  const job = await made({ source, count: 1 })
  expect(await sizeOf(await fetched(job, 'thumbnail_001.jpg'))).toBe('mjpeg,320,90')
})

test('a contact sheet has all of them, one beside and below the other, with their times where asked', async () => {
  const plain = await made({ count: 6, layout: 'contact_sheet', columns: 3 })
  expect(plain.artifacts.map(({ name }) => name)).toEqual(['contact_sheet.jpg'])
  const file = await fetched(plain, 'contact_sheet.jpg')
  expect(await sizeOf(file)).toBe('mjpeg,480,180')
  const shown = await Promise.all([[0, 0], [160, 0], [320, 0], [0, 90], [320, 90]].map(([x, y]) => secondShown(file, { x: x!, y: y!, width: 160, height: 90 })))
  expect(shown).toEqual([2, 7, 12, 17, 27])
  const timed = await fetched(await made({ count: 6, layout: 'contact_sheet', columns: 3, times: true }), 'contact_sheet.jpg')
  const { stderr } = await start('ffmpeg', ['-i', file, '-i', timed, '-lavfi', 'psnr', '-f', 'null', '-'])
  expect(stderr).toMatch(/PSNR .*average:(?!inf)\d/)
})

test('a sprite comes with a track that says which part of which sheet stands for which part of the film', async () => {
  const job = await made({ every_seconds: 0.25, layout: 'sprite', width: 32, columns: 8 })
  expect(job.artifacts.map(({ name }) => name)).toEqual(['sprite_001.jpg', 'sprite_002.jpg', 'thumbnails.vtt'])
  expect(job.artifacts[2]!.content_type).toBe('text/vtt')
  const track = (await hub.api.download(job.id, 'thumbnails.vtt')).bytes.toString()
  const cues = [...track.matchAll(/^([\d:.]+) --> ([\d:.]+)\n(sprite_00\d\.jpg)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm)]
  expect([cues.length, track.startsWith('WEBVTT\n\n')]).toEqual([120, true])
  expect(cues[0]!.slice(1)).toEqual(['00:00:00.000', '00:00:00.250', 'sprite_001.jpg', '0', '0', '32', '18'])
  expect(cues.at(-1)!.slice(1)).toEqual(['00:00:29.750', '00:00:30.000', 'sprite_002.jpg', '224', '72', '32', '18'])
  const sheets = new Map(await Promise.all(['sprite_001.jpg', 'sprite_002.jpg'].map(async (name) => [name, await fetched(job, name)] as const)))
  for (const index of [10, 50, 81, 118]) {
    const [x, y, width, height] = cues[index]!.slice(4).map(Number) as [number, number, number, number]
    expect(await secondShown(sheets.get(cues[index]![3]!)!, { x, y, width, height })).toBe(Math.floor(index / 4))
  }
})

test.each([
  [{ count: 3, every_seconds: 2 }, 'every_seconds'], [{ at_seconds: [1], layout: 'sprite' }, 'at_seconds'], [{ columns: 3 }, 'columns'],
  [{ times: true, layout: 'sprite' }, 'times'], [{ count: 0 }, 'count'], [{ format: 'gif' }, 'format'],
])('%j is refused, and the field named', async (input, path) => {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'thumbnails', input: { source: film, ...input } })
  expect([status, body.errors[0].path]).toEqual([400, path])
})

test.each([
  ['a song', () => ({ source: song }), 'source: has no video'],
  ['a moment behind the end', () => ({ source: film, at_seconds: [2, 31] }), 'at_seconds[1]: is not before the end: the film has 30 s'],
  ['a sheet too large', () => ({ source: film, every_seconds: 0.1, width: 160, layout: 'contact_sheet', columns: 1 }), 'width: makes a sheet of 160x27000 pixels, of which a side may have 16383 and all 100000000'],
])('%s fails and says why', async (_, input, message) => {
  const { body } = await hub.api.post('/api/jobs', { tool: 'thumbnails', input: input() })
  expect((await hub.api.ends(body.id)).error).toMatchObject({ code: 'invalid_input', message })
})
