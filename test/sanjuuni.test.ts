import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeCells, encodeDfpwm } from '../src/tools/sanjuuni/formats/index.ts'
import { encode, H264, picture, source, tone } from './frame-media.ts'
import { fetchPack } from './frame-packs.ts'
import { pacedFfmpeg } from './media.ts'
import { programsBelow, removeDirectory, startInnerHub, temporaryDirectory, untilNoProgramsBelow, type InnerHub } from './running-hub.ts'
import { framesOf, framesOfMonitor, readVid32, soundOf, subtitlesOf } from './sanjuuni/decode-vid32.ts'
import { cellsOf, joined, shown } from './sanjuuni/shown-cells.ts'

let scratch: string
let hub: InnerHub
let paced: InnerHub

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data') })
  paced = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'paced'), REELTIME_FFMPEG: pacedFfmpeg(scratch) })
})
afterAll(async () => {
  await Promise.all([hub.stop(), paced.stop()])
  await removeDirectory(scratch)
})

const clip = (name: string, args: readonly string[]) => encode(join(scratch, name), args)

async function submit({ api }: InnerHub, file: string, input: object): Promise<string> {
  const { status, body } = await api.post('/api/jobs', { tool: 'sanjuuni', input: { source: await api.upload(file), ...input } })
  if (status !== 202) throw new Error(`answered ${status}: ${JSON.stringify(body)}`)
  return body.id
}

async function made(file: string, input: object) {
  const id = await submit(hub, file, input)
  const job = await hub.api.ends(id)
  if (job.status !== 'completed') throw new Error(JSON.stringify(job.error))
  const { frames } = await fetchPack(hub.api, `/api/jobs/${id}/framepack`)
  return { id, job, frames, bytes: (await hub.api.download(id, job.artifacts.at(-1)!.name)).bytes }
}

describe('a film with sound', () => {
  const SECONDS = 10
  let film: string
  beforeAll(() => {
    film = clip('film.mp4', [...picture('320x180', 25, SECONDS), ...tone(SECONDS), ...H264, '-c:a', 'aac', '-t', String(SECONDS)])
  })

  test('becomes a 32vid with every frame and all of the sound', async () => {
    const { job, frames, bytes } = await made(film, { output_format: '32vid', width: 164, height: 93 })
    expect(job.result).toMatchObject({ current_frames: 200, total_frames: 200, fps: 20, columns: 82, rows: 31, format: 'cells' })
    const video = readVid32(bytes)
    expect(video).toMatchObject({ columns: 82, rows: 31, rate: 20 })
    const pcm = (await hub.api.download(job.id, 'audio.pcm')).bytes
    expect(Math.abs(pcm.length - SECONDS * 48_000)).toBeLessThan(4800)
    const sound = soundOf(video)
    expect([sound.subarray(0, pcm.length).equals(pcm), sound.length - pcm.length < 24_000]).toEqual([true, true])
    expect(frames).toHaveLength(200)
    expect(framesOf(video).map(shown)).toEqual(frames.map((frame) => shown(decodeCells(frame).screens[0]!)))
    const names = job.artifacts.map(({ name }) => name)
    expect(names).toEqual(['audio.dfpwm', 'audio_left.dfpwm', 'audio_right.dfpwm', 'audio.pcm', 'video.32vid'])
  })

  test('says the same as its fields in arguments, has its sound as DFPWM, or none', async () => {
    const small = { width: 20, height: 12, fps: 5 }
    const [fields, args] = [await made(film, { ...small, output_format: '32vid', palette: 'default', dfpwm: true }),
      await made(film, { args: ['-3pd --fps=5', '-W20', '-H', '12'] })]
    expect(args.bytes.equals(fields.bytes)).toBe(true)
    const video = readVid32(args.bytes)
    expect([framesOf(video).length, video.isDfpwm]).toEqual([50, true])
    const pcm = (await hub.api.download(args.id, 'audio.pcm')).bytes
    expect(soundOf(video).subarray(3000, 6000).equals(encodeDfpwm(pcm.subarray(24_000, 48_000)))).toBe(true)
    expect(Math.abs(soundOf(video).length * 8 - pcm.length)).toBeLessThan(24_000)
    const mute = await made(film, { ...small, output_format: '32vid', mute: true })
    expect([soundOf(readVid32(mute.bytes)).length, mute.job.artifacts.length]).toEqual([0, 1])
  })

  test('on a wall of monitors has its part of the picture on each of them', async () => {
    const input = { output_format: '32vid', width: 60, height: 38, fps: 2, palette: 'default', dither: 'none' }
    const [wall, whole] = [await made(film, { ...input, monitors: '1x1@1' }), await made(film, input)]
    expect(wall.job.result).toMatchObject({ monitors: { columns: 5, rows: 3 } })
    expect(wall.frames).toHaveLength(20)
    for (const [index, frame] of wall.frames.entries()) {
      const { grid, screens } = decodeCells(frame)
      expect(grid).toEqual({ columns: 5, rows: 3 })
      expect(cellsOf(joined(screens, grid.columns))).toEqual(cellsOf(decodeCells(whole.frames[index]!).screens[0]!))
    }
    const last = framesOfMonitor(readVid32(wall.bytes), { column: 4, row: 2 })
    expect(last.map(shown)).toEqual(wall.frames.map((frame) => shown(decodeCells(frame).screens[14]!)))
  })

  test('has its subtitles beside the pictures of a 32vid, and drawn into what is shown meanwhile', async () => {
    const file = join(scratch, 'film.srt')
    writeFileSync(file, '1\n00:00:01,000 --> 00:00:02,500\nHello\n')
    const subtitles = await hub.api.upload(file)
    const { frames, bytes } = await made(film, { output_format: '32vid', width: 80, height: 60, fps: 4, subtitles })
    expect(subtitlesOf(readVid32(bytes))).toMatchObject([{ frame: 4, frames: 6, text: 'Hello' }])
    const withText = frames.flatMap((frame, index) =>
      (Buffer.from(decodeCells(frame).screens[0]!.characters).includes('Hello') ? [index] : []))
    expect(withText).toEqual([4, 5, 6, 7, 8, 9])
  })
})

test('frames are there, and told of, while the film is still being read, and the log tells what ffmpeg says', async () => {
  const film = clip('slow.mp4', [...picture('64x48', 20, 8), ...H264])
  const id = await submit(paced, film, { output_format: '32vid', width: 40, height: 30 })
  const running = await paced.api.reaches(id, ({ result }) => Number(result['current_frames']) >= 20)
  expect(running).toMatchObject({ status: 'running', result: { total_frames: 160, fps: 20, columns: 20, rows: 10 } })
  const { frames } = await fetchPack(paced.api, `/api/jobs/${id}/framepack?from=1&count=10`)
  expect(frames.map((frame) => decodeCells(frame).screens[0]!.columns)).toEqual(Array(10).fill(20))
  const { progress, fps } = await paced.api.reaches(id, (job) => job.progress !== null && job.progress > 20)
  expect([progress! < 90, fps! > 0]).toEqual([true, true])
  expect((await paced.api.lines(id)).some(({ text }) => text.includes('Video: h264'))).toBe(true)
  await paced.api.post(`/api/jobs/${id}/cancel`)
})

test('a cancelled conversion ends within a second, and nothing of it is left', async () => {
  const film = clip('cancelled.mp4', [...picture('64x48', 20, 20), ...H264])
  const id = await submit(paced, film, { output_format: '32vid' })
  await paced.api.reaches(id, ({ result }) => Number(result['current_frames']) > 0)
  expect(await programsBelow(join(scratch, 'paced'))).toHaveLength(2)
  const asked = performance.now()
  await paced.api.post(`/api/jobs/${id}/cancel`)
  expect(await paced.api.ends(id)).toMatchObject({ status: 'cancelled' })
  await untilNoProgramsBelow(join(scratch, 'paced'))
  expect(performance.now() - asked).toBeLessThan(1000)
})

test('a converter that is killed fails the job with its reason, and its ffmpeg ends', async () => {
  const film = clip('killed.mp4', [...picture('64x48', 20, 20), ...H264])
  const id = await submit(paced, film, { output_format: '32vid' })
  await paced.api.reaches(id, ({ result }) => Number(result['current_frames']) > 0)
  const pids = await programsBelow(join(scratch, 'paced'))
  const converter = pids.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sanjuuni/main.js'))
  process.kill(converter!, 'SIGKILL')
  expect(await paced.api.ends(id)).toMatchObject({ status: 'failed', error: { code: 'command_killed', signal: 'SIGKILL', message: expect.stringMatching(/^converter /) } })
  await untilNoProgramsBelow(join(scratch, 'paced'))
})

describe('a picture', () => {
  const still = (name: string, size: string) => clip(name, [...source(`testsrc=size=${size}:rate=1`), '-frames:v', '1'])

  test.each([
    { size: '1x1', columns: 1, rows: 1 }, { size: '2x3', columns: 1, rows: 1 }, { size: '7x8', columns: 3, rows: 2 },
  ])('of $size pixels is one frame of $columns by $rows characters, in every format', async ({ size, columns, rows }) => {
    const file = still(`${size}.png`, size)
    for (const format of ['lua', 'nfp', 'raw', 'bimg', '32vid']) {
      const { job, frames, bytes } = await made(file, { output_format: format })
      expect([format, job.result]).toMatchObject([format, { current_frames: 1, total_frames: 1, columns, rows }])
      expect([frames.length, bytes.length > 0]).toEqual([1, true])
    }
  })

  test('that ffmpeg cannot decode fails with what ffmpeg said', async () => {
    const whole = readFileSync(still('whole.png', '64x64'))
    const broken = Buffer.concat([whole.subarray(0, 60), Buffer.alloc(400, 7)])
    const { body } = await hub.api.request('/api/uploads/broken.png', { method: 'PUT', body: broken })
    const { body: { id } } = await hub.api.post('/api/jobs', { tool: 'sanjuuni', input: { source: body.source } })
    const { status, error } = await hub.api.ends(id)
    expect(status).toBe('failed')
    expect(error?.message).toMatch(/decod|Invalid data|no picture/i)
  })
})

describe('what cannot be is refused when it is asked for', () => {
  test.each([
    [{ width: 10, args: ['--width=12'] }, 'width', /is 10, and args say 12/],
    [{ palette: 'octree', args: ['-k'] }, 'palette', /k-means/],
    [{ args: ['--heigth=12'] }, 'args[0]', /--height/],
    [{ output_format: 'bimgg' }, 'output_format', /bimg/],
    [{ output_format: 'nfp', monitors: '1x1' }, 'monitors', /one monitor/],
    [{ monitors: '9000' }, 'monitors', /8x6@0.5/],
  ])('%j', async (input, path, message) => {
    const { status, body } = await hub.api.post('/api/jobs', { tool: 'sanjuuni', input: { source: 'http://example.com/a.mp4', ...input } })
    expect([status, body.errors[0].path]).toEqual([400, path])
    expect(body.errors[0].message).toMatch(message)
  })

  test('an installed sanjuuni where there is none', async () => {
    const input = { source: 'http://example.com/a.mp4', engine: 'sanjuuni' }
    const { status, body } = await hub.api.post('/api/jobs', { tool: 'sanjuuni', input })
    expect([status, body.code]).toEqual([422, 'missing_capability'])
    expect(body.hint).toMatch(/REELTIME_SANJUUNI/)
    expect((await hub.api.request('/health')).body.converters).toEqual({ builtin: true, sanjuuni: null })
  })
})
