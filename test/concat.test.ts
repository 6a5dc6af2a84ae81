import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
let hub: InnerHub
/** White, 2 s of 160x90 at 10 a second, with a tone. */
let white: string
/** Red, 1 s of 90x160 at 25 a second, without sound, in another codec. */
let red: string
let song: string
let still: string
/** Alike, and of another size than the first. */
let alike: string
let other: string
let text: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_CONCURRENCY: '2' })
  white = await upload('white.mp4', '-f', 'lavfi', '-i', 'color=white:s=160x90:r=10:d=2', '-f', 'lavfi', '-i', 'sine=d=2:r=44100', ...H264)
  alike = await upload('alike.mp4', '-f', 'lavfi', '-i', 'color=black:s=160x90:r=10:d=3', '-f', 'lavfi', '-i', 'sine=d=3:r=44100', ...H264)
  other = await upload('other.mp4', '-f', 'lavfi', '-i', 'color=black:s=128x72:r=10:d=1', '-f', 'lavfi', '-i', 'sine=d=1:r=44100', ...H264)
  red = await upload('red.webm', '-f', 'lavfi', '-i', 'color=red:s=90x160:r=25:d=1', '-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8')
  song = await upload('song.wav', '-f', 'lavfi', '-i', 'sine=d=1.5:r=22050')
  still = await upload('still.png', '-f', 'lavfi', '-i', 'color=white:s=64x64:d=1', '-frames:v', '1')
  writeFileSync(join(scratch, 'text.txt'), 'ffconcat version 1.0\nfile /etc/passwd\n')
  text = await hub.api.upload(join(scratch, 'text.txt'))
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac']

/** Not the synchronous one: the hub is in this process, and hangs up on who keeps it waiting. */
const start = promisify(execFile)

async function ffmpeg(...args: readonly string[]): Promise<Buffer> {
  return (await start('ffmpeg', ['-v', 'error', '-y', ...args], { encoding: 'buffer', maxBuffer: 2 ** 26 })).stdout
}

async function upload(name: string, ...args: readonly string[]): Promise<string> {
  await ffmpeg(...args, join(scratch, name))
  return hub.api.upload(join(scratch, name))
}

async function made(input: object) {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'concat', input })
  expect([status, body.detail]).toEqual([202, undefined])
  const job = await hub.api.ends(body.id)
  expect([job.status, job.error?.message, job.progress, job.result['warnings']]).toEqual(['completed', undefined, 100, undefined])
  const { name } = job.artifacts[0]!
  const file = join(scratch, `${job.id}-${name}`)
  writeFileSync(file, (await hub.api.download(job.id, name)).bytes)
  const { format, streams } = JSON.parse((await start('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', file])).stdout)
  return { id: job.id, name, file, result: job.result, seconds: Number(format.duration), streams }
}

/** The colour of a place in the picture at a moment, each of red, green and blue from 0 to 255. */
async function colorAt(file: string, seconds: number, x: number, y: number): Promise<number[]> {
  return [...(await ffmpeg('-ss', String(seconds), '-i', file, '-frames:v', '1', '-vf', `crop=2:2:${x}:${y},scale=1:1`, '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'))]
}

/** How loud it is from one moment to another, in dB; 0 is the most there can be. */
async function loudness(file: string, from: number, to: number): Promise<number> {
  const samples = await ffmpeg('-ss', String(from), '-t', String(to - from), '-i', file, '-ac', '1', '-f', 's16le', '-')
  let loudest = 1
  for (let at = 0; at + 1 < samples.length; at += 2) loudest = Math.max(loudest, Math.abs(samples.readInt16LE(at)))
  return 20 * Math.log10(loudest / 32768)
}

test('films of any shape, a song and a picture become one film of the first one’s size, with silence where there is no sound', async () => {
  const whole = await made({ sources: [white, red, song, still], background: '#0000ff', picture_seconds: 1 })
  expect(whole.name).toBe('video.mp4')
  expect(whole.streams).toMatchObject([{ codec_name: 'h264', width: 160, height: 90, r_frame_rate: '10/1', pix_fmt: 'yuv420p' }, { codec_name: 'aac', sample_rate: '48000', channels: 2 }])
  expect(whole.seconds).toBeCloseTo(5.5, 0)
  expect(whole.result).toMatchObject({ sources: 4, width: 160, height: 90, fps: 10 })
  const [film, aside, upright, ofSong, picture] = await Promise.all([
    colorAt(whole.file, 1, 80, 45), colorAt(whole.file, 2.5, 4, 40), colorAt(whole.file, 2.5, 80, 45), colorAt(whole.file, 3.7, 80, 45), colorAt(whole.file, 5, 80, 45),
  ])
  expect([film, aside, upright, ofSong, picture].map((color) => color!.map((level) => (level > 150 ? 'high' : 'low')).join(' ')))
    .toEqual(['high high high', 'low low high', 'high low low', 'low low high', 'high high high'])
  expect(await loudness(whole.file, 0.5, 1.5)).toBeGreaterThan(-30)
  expect(await loudness(whole.file, 2.2, 2.8)).toBeLessThan(-60)
  expect(await loudness(whole.file, 3.3, 4.2)).toBeGreaterThan(-30)
  expect(await loudness(whole.file, 4.8, 5.3)).toBeLessThan(-60)
})

test('a crossfade shows both at once, and makes the whole shorter', async () => {
  const whole = await made({ sources: [white, alike, red], crossfade_seconds: 0.5, width: 96, height: 96, fps: 20 })
  expect(whole.seconds).toBeCloseTo(5, 0)
  expect(whole.streams).toMatchObject([{ width: 96, height: 96, r_frame_rate: '20/1' }, { codec_name: 'aac' }])
  const [before, between, after] = (await Promise.all([1.2, 1.75, 2.3].map((seconds) => colorAt(whole.file, seconds, 48, 48)))).map(([, green]) => green!)
  expect(before).toBeGreaterThan(230)
  expect(between).toBeGreaterThan(70)
  expect(between).toBeLessThan(190)
  expect(after).toBeLessThan(25)
})

test('songs alone become one song', async () => {
  const whole = await made({ sources: [song, song], crossfade_seconds: 0.5 })
  expect([whole.name, whole.streams.length, whole.streams[0].codec_name]).toEqual(['audio.m4a', 1, 'aac'])
  expect(whole.seconds).toBeCloseTo(2.5, 1)
})

test('twelve films are joined in their order, and the log tells them apart', async () => {
  const whole = await made({ sources: [white, ...Array.from({ length: 11 }, () => other)], width: 64 })
  expect(whole.seconds).toBeCloseTo(13, 0)
  const [first, then] = await Promise.all([colorAt(whole.file, 1, 32, 18), colorAt(whole.file, 3, 32, 18)])
  expect([first[0]! > 230, then[0]! < 25]).toEqual([true, true])
  const told = (await hub.api.lines(whole.id)).flatMap(({ text }) => /^Input #\d+.* from '(.*)'/.exec(text)?.[1] ?? [])
  expect(told).toEqual(Array.from({ length: 12 }, (_, index) => `input-${index + 1}`))
})

test('what is alike is copied without loss where that is asked for', async () => {
  const whole = await made({ sources: [white, alike, white], exact: false })
  expect(whole.name).toBe('video.mkv')
  expect(whole.streams).toMatchObject([{ codec_name: 'h264', width: 160 }, { codec_name: 'aac', sample_rate: '44100' }])
  expect(whole.seconds).toBeCloseTo(7, 0)
  const frames = async (file: string) => (await ffmpeg('-i', file, '-map', '0:v', '-f', 'framemd5', '-')).toString().match(/[0-9a-f]{32}$/gm)!
  const [first, second, joined] = await Promise.all([join(scratch, 'white.mp4'), join(scratch, 'alike.mp4'), whole.file].map(frames))
  expect(joined).toEqual([...first!, ...second!, ...first!])
})

test.each([
  ['of another size', () => [white, other], 'exact: sources[1] cannot be copied behind the first one: its size is 128x72, and that of the first 160x90'],
  ['without sound', () => [white, alike, red], 'exact: sources[2] cannot be copied behind the first one: it holds video, and the first video and audio'],
])('what is %s cannot be copied, and is named', async (_, sources, message) => {
  const { body } = await hub.api.post('/api/jobs', { tool: 'concat', input: { sources: sources(), exact: false } })
  expect((await hub.api.ends(body.id)).error).toMatchObject({ code: 'invalid_input', message })
})

test.each([[true], [false]])('a source that is no media is named (exact: %j), and a list of files is none', async (exact) => {
  const { body } = await hub.api.post('/api/jobs', { tool: 'concat', input: { sources: [white, text], exact } })
  expect((await hub.api.ends(body.id)).error).toMatchObject({ code: 'invalid_input', message: 'sources[1]: is no media file that ffmpeg can read' })
})

test('a fade that is longer than what fades is refused, and the source named', async () => {
  const { body } = await hub.api.post('/api/jobs', { tool: 'concat', input: { sources: [white, red, white], crossfade_seconds: 0.8 } })
  expect((await hub.api.ends(body.id)).error).toMatchObject({ code: 'invalid_input', message: 'crossfade_seconds: is too long: sources[1] has 1 s and needs 1.6' })
})

test.each([
  [{ sources: ['upload:x'] }, 'sources'], [{ exact: false, crossfade_seconds: 1 }, 'crossfade_seconds'], [{ exact: false, width: 64 }, 'width'], [{ background: 'red' }, 'background'],
  [{ sources: ['https://example.com/a.mp4', 'b.mp4'] }, 'sources[1]'],
])('%j is refused, and the field named', async (input, path) => {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'concat', input: { sources: [white, red], ...input } })
  expect([status, body.errors[0].path]).toEqual([400, path])
})
