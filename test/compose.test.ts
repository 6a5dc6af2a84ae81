import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Job } from '../src/jobs/job.ts'
import { brightness, FLASH_AND_BEEP, frameAt, loudness, makeMedia, onsets, probeFilm } from './film-measures.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
let hub: InnerHub
const source: Record<string, string> = {}
const SMALL = { short_side: 90, fps: 15 }

const MEDIA: Readonly<Record<string, readonly string[]>> = {
  'flash.mp4': FLASH_AND_BEEP,
  'dark.mp4': ['-f', 'lavfi', '-i', 'color=black:s=160x90:r=15:d=4', '-pix_fmt', 'yuv420p'],
  'tall.mkv': ['-f', 'lavfi', '-i', 'testsrc=s=90x160:r=60:d=1.5', '-c:v', 'libx264'],
  'still.png': ['-f', 'lavfi', '-i', 'testsrc=s=300x200', '-frames:v', '1'],
  // Loud between 2 s and 4 s, and of a kind whose length can only be guessed from its size.
  'voice.aac': ['-f', 'lavfi', '-i', "aevalsrc='0.5*sin(2*PI*300*t)*between(t,2,4)':s=24000:d=6", '-c:a', 'aac', '-f', 'adts'],
  'music.ogg': ['-f', 'lavfi', '-i', "aevalsrc='0.5*sin(2*PI*3000*t)':s=48000:d=1.7", '-c:a', 'libvorbis'],
}

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_CONCURRENCY: '2' })
  for (const [name, args] of Object.entries(MEDIA)) source[name] = await hub.api.upload(makeMedia(join(scratch, name), ...args))
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

async function submitted(input: object): Promise<string> {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'compose', input: { ...SMALL, ...input } })
  expect([status, body.detail]).toEqual([202, undefined])
  return body.id
}

async function made(input: object): Promise<{ job: Job; file: string }> {
  const job = await hub.api.ends(await submitted(input))
  expect([job.status, job.error?.message, job.progress, job.result['warnings']]).toEqual(['completed', undefined, 100, undefined])
  return { job, file: await save(job) }
}

async function save({ id }: Job, name = 'video.mp4'): Promise<string> {
  const file = join(scratch, `${id}-${name}`)
  writeFileSync(file, (await hub.api.download(id, name)).bytes)
  return file
}

const clips = (...names: readonly string[]) => names.map((name) => ({ source: source[name] }))

/** How often the picture flashes, and the most by which a flash and its beep are apart, in seconds. */
function flashesOf(file: string, perSecond: number): { count: number; apart: number } {
  const flashes = onsets(brightness(file), { above: 128, perSecond })
  const beeps = onsets(loudness(file), { above: 0.1, perSecond: 100 }).filter((at, index, all) => index === 0 || at - all[index - 1]! > 0.3)
  expect(beeps).toHaveLength(flashes.length)
  return { count: flashes.length, apart: Math.max(...flashes.map((at, index) => Math.abs(at - beeps[index]!))) }
}

describe('a composition', () => {
  test('is as long as its voice to the frame, of the size asked for, whatever its clips are, and its music ends with it', async () => {
    const { job, file } = await made({
      clips: clips('tall.mkv', 'still.png', 'flash.mp4'), voice: source['voice.aac'], music: source['music.ogg'], aspect: '9:16', fit: 'blur',
      clip_seconds: 2, order: 'random', transition: 'shuffle', voice_volume: 1, music_volume: 1, music_fade_seconds: 1,
    })
    const film = probeFilm(file)
    expect(film).toMatchObject({ width: 90, height: 160, codecs: ['h264', 'aac'] })
    expect(Math.abs(film.seconds - 6)).toBeLessThan(0.1)
    expect(film.frames).toBe(Math.round((job.result['duration_seconds'] as number) * 15))
    const music = loudness(file, 'highpass=f=2000,highpass=f=2000')
    const during = (from: number, to: number) => Math.max(...music.slice(from * 100, to * 100))
    expect(during(0.5, 1.5)).toBeGreaterThan(0.3)
    // Quieter by at least 6 dB while somebody speaks, and back afterwards.
    expect(during(2.5, 3.8)).toBeLessThan(during(0.5, 1.5) / 2)
    expect(during(4.7, 5)).toBeGreaterThan(during(0.5, 1.5) / 2)
    expect(during(5.9, 6)).toBeLessThan(0.1)
  })

  test('keeps flash and beep of its clips together, in one piece with transitions', async () => {
    const { file } = await made({ ...SMALL, fps: 30, clips: clips('flash.mp4', 'dark.mp4', 'flash.mp4'), clip_seconds: 3, transition: 'fade' })
    const { count, apart } = flashesOf(file, 30)
    expect(count).toBe(6)
    expect(apart).toBeLessThan(0.045)
    expect(probeFilm(file)).toMatchObject({ frames: 240 })
  })

  test('keeps them together where it is made in parts and put together, and each frame is there', async () => {
    const { job, file } = await made({ fps: 30, clips: clips('flash.mp4'), clip_seconds: 1, duration_seconds: 20 })
    expect(job.result).toMatchObject({ clips_shown: 20 })
    const film = probeFilm(file)
    expect(film.frames).toBe(600)
    expect(Math.abs(film.seconds - 20)).toBeLessThan(0.05)
    const { count, apart } = flashesOf(file, 30)
    expect(count).toBe(20)
    expect(apart).toBeLessThan(0.045)
    expect(brightness(file)).toHaveLength(600)
  })

  test('is the same film when it is tried again, by the seed that was drawn for it', async () => {
    const { job, file } = await made({ clips: clips('tall.mkv', 'still.png', 'flash.mp4'), order: 'random', transition: 'shuffle', duration_seconds: 4, clip_seconds: 1 })
    const before = brightness(file, 'crop=iw/2:ih/2')
    const { seed } = job.input as { seed: number }
    expect(job.result['seed']).toBe(seed)
    await hub.api.post(`/api/jobs/${job.id}/retry`)
    const after = brightness(await save(await hub.api.ends(job.id)), 'crop=iw/2:ih/2')
    expect(after).toHaveLength(before.length)
    expect(Math.max(...after.map((light, frame) => Math.abs(light - before[frame]!)))).toBeLessThan(12)
  })

  test('can be several films, each of another order, and one bar over all of them that never goes back', async () => {
    const id = await submitted({ clips: clips('tall.mkv', 'still.png', 'flash.mp4', 'dark.mp4'), order: 'random', clip_seconds: 1, duration_seconds: 3, count: 2, seed: 4 })
    const bar: number[] = []
    for await (const event of hub.api.events(id)) if (event.type === 'progress' && event.data.progress !== null) bar.push(event.data.progress)
    const job = await hub.api.job(id)
    expect([job.status, job.artifacts.map(({ name }) => name)]).toEqual(['completed', ['video.mp4', 'video-2.mp4']])
    expect(bar).toEqual([...bar].sort((a, b) => a - b))
    expect(job.artifacts[0]!.sha256).not.toBe(job.artifacts[1]!.sha256)
  })

  test('without voice and music each clip is shown once, and a see-through picture is black behind', async () => {
    const clear = await hub.api.upload(makeMedia(join(scratch, 'clear.png'), '-f', 'lavfi', '-i', 'color=white@0.0:s=160x90,format=rgba', '-frames:v', '1'))
    const { file } = await made({ clips: [...clips('dark.mp4'), { source: clear }], still_motion: 'none', clip_seconds: 1 })
    expect(probeFilm(file)).toMatchObject({ frames: 30, codecs: ['h264'] })
    expect(Math.max(...brightness(file))).toBeLessThan(20)
  })

  test('says which clip it cannot show', async () => {
    const job = await hub.api.ends(await submitted({ clips: clips('dark.mp4', 'music.ogg') }))
    expect(job).toMatchObject({ status: 'failed', error: { code: 'invalid_input' } })
    expect(job.error!.message).toContain('clips[1].source: has no video')
  })
})

describe('subtitles', () => {
  const DARK = { clips: [] as object[], duration_seconds: 2, fps: 15, short_side: 180 }
  const lit = async (subtitles: object, crop?: string) => brightness((await made({ ...DARK, clips: clips('dark.mp4'), subtitles })).file, crop).map((light) => light > 25)

  test('stand in the picture from the moment they begin to the moment they end, and nowhere else', async () => {
    const subtitles = { captions: [{ start_seconds: 0.4, end_seconds: 1.2, text: '你好，世界' }], size: 30 }
    const { file } = await made({ ...DARK, clips: clips('dark.mp4'), subtitles })
    const isLit = (crop: string) => brightness(file, crop).map((light) => light > 25)
    expect(isLit('crop=iw:ih/3:0:ih*2/3')).toEqual(Array.from({ length: 30 }, (_, frame) => frame >= 6 && frame < 18))
    expect(isLit('crop=iw:ih/2:0:0')).not.toContain(true)
  })

  test('are drawn at their times in the later parts of a long film too', async () => {
    const subtitles = { captions: [{ start_seconds: 17.4, end_seconds: 18.2, text: 'late' }], size: 40, position: 'center' }
    const { file } = await made({ clips: clips('dark.mp4'), clip_seconds: 1, duration_seconds: 20, subtitles })
    const frames = brightness(file).flatMap((light, frame) => (light > 25 ? [frame] : []))
    expect([frames[0], frames.at(-1)]).toEqual([261, 272])
  })

  test('of Chinese, Arabic and emoji are letters and no boxes', async () => {
    const texts = ['春', '花', 'م', 'ع', '🎉', '👍']
    const { file } = await made({
      ...DARK, fps: 4, clips: clips('dark.mp4'), duration_seconds: 3,
      subtitles: { captions: texts.map((text, index) => ({ start_seconds: index / 2, end_seconds: (index + 1) / 2, text })), size: 100, position: 'center' },
    })
    const pictures = texts.map((_, index) => frameAt(file, index / 2 + 0.25).toString('base64'))
    expect(new Set(pictures).size).toBe(texts.length)
  })

  test('come from an SRT file, from what one says, or from a script with looks of its own', async () => {
    const srt = '1\n00:00:00,500 --> 00:00:01,000\nHello there\n'
    writeFileSync(join(scratch, 'a.srt'), srt)
    const half = Array.from({ length: 30 }, (_, frame) => frame >= 8 && frame < 15)
    expect(await lit({ text: srt, size: 40 })).toEqual(half)
    expect(await lit({ source: await hub.api.upload(join(scratch, 'a.srt')), size: 40 })).toEqual(half)
    writeFileSync(join(scratch, 'a.ass'), [
      '[Script Info]', 'PlayResX: 320', 'PlayResY: 180', '[V4+ Styles]', 'Format: Name, Fontname, Fontsize, PrimaryColour, Alignment, BorderStyle, Outline',
      'Style: Red,Sans,90,&H000000FF,5,1,0', '[Events]', 'Format: Start, End, Style, Text', 'Dialogue: 0:00:00.00,0:00:02.00,Red,RED',
    ].join('\n'))
    const { file, job } = await made({ ...DARK, clips: clips('dark.mp4'), subtitles: { source: await hub.api.upload(join(scratch, 'a.ass')) } })
    const frame = frameAt(file, 1)
    const most = (channel: number) => Math.max(...frame.filter((_, at) => at % 3 === channel))
    expect([most(0) > 200, most(2) < 60]).toEqual([true, true])
    expect(job.artifacts.map(({ name }) => name)).toEqual(['video.mp4'])
  })

  test('of a plain text are timed over the voice, and can be had as a file, with a film and without', async () => {
    const text = 'The first sentence. 第二句话更长一些，你看看。'
    const { job } = await made({ clips: clips('dark.mp4'), voice: source['voice.aac'], subtitles: { text } })
    const srt = (await hub.api.download(job.id, 'subtitles.srt')).bytes.toString()
    expect(srt).toMatch(/^1\n00:00:00,000 --> 00:00:0[123],\d{3}\nThe first sentence\.\n\n2\n00:00:0[123],\d{3} --> 00:00:0[56],\d{3}\n第二句话更长一些，你看看。\n$/)
    const { body } = await hub.api.post('/api/jobs', { tool: 'subtitles', input: { voice: source['voice.aac'], text } })
    expect((await hub.api.ends(body.id)).status).toBe('completed')
    expect((await hub.api.download(body.id, 'subtitles.srt')).bytes.toString()).toBe(srt)
  })
})
