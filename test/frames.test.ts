import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HubApi } from './hub-api.ts'
import { pacedFfmpeg } from './media.ts'
import {
  type InnerHub, removeDirectory, startHubProcess, startInnerHub, temporaryDirectory, untilNoProgramsBelow,
} from './running-hub.ts'

let scratch: string
let hub: InnerHub

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data') })
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

const run = (args: readonly string[]) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { maxBuffer: 2 ** 30 })
const picture = (size: string, rate: number, seconds: number) => ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`]
const tone = (seconds: number) => ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`]
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']

function clip(name: string, args: readonly string[]): string {
  const file = join(scratch, name)
  run([...args, file])
  return file
}

interface Pixels {
  readonly width: number
  readonly height: number
  /** Of each frame's RGB pixels. */
  readonly hashes: readonly string[]
}

/** What the bare command makes of a file. */
function bareFrames(file: string, filters: string, size: { width: number; height: number }): Pixels {
  const bytes = run(['-i', file, '-vf', filters, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'])
  return { ...size, hashes: hashEach(bytes, size.width * size.height * 3) }
}

/** Decodes encoded pictures, all of which have to have one size. */
function decode(frames: readonly Buffer[], codec: 'png' | 'mjpeg' | 'webp'): Pixels {
  const file = join(scratch, 'decoded.stream')
  writeFileSync(file, Buffer.concat(frames))
  const input = ['-f', codec === 'mjpeg' ? 'jpeg_pipe' : `${codec}_pipe`]
  const sizes = execFileSync('ffprobe', ['-v', 'error', ...input, '-show_entries', 'frame=width,height', '-of', 'csv=p=0', file]).toString()
  const [first, ...others] = [...new Set(sizes.trim().split('\n').map((line) => line.replace(/,$/, '')))]
  expect(others).toEqual([])
  const [width = 0, height = 0] = first!.split(',').map(Number)
  const bytes = run([...input, '-i', file, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'])
  return { width, height, hashes: hashEach(bytes, width * height * 3) }
}

function hashEach(bytes: Buffer, frameBytes: number): string[] {
  return Array.from({ length: bytes.length / frameBytes }, (_, index) => hash(bytes.subarray(index * frameBytes, (index + 1) * frameBytes)))
}

const hash = (bytes: Buffer) => createHash('sha1').update(bytes).digest('hex')

async function submit(input: object, api: HubApi = hub.api): Promise<string> {
  const { status, body } = await api.post('/api/jobs', { tool: 'video_frame', input })
  expect([status, body.detail]).toEqual([202, undefined])
  return body.id
}

async function makeFrames(file: string, input: object): Promise<string> {
  const id = await submit({ source: await hub.api.upload(file), ...input })
  const { status, error } = await hub.api.ends(id)
  expect([status, error]).toEqual(['completed', undefined])
  return id
}

async function fetchPack(path: string, { api = hub.api, ...init }: RequestInit & { api?: HubApi } = {}): Promise<{ count: number; frames: Buffer[]; response: Response }> {
  const response = await fetch(api.url + path, init)
  if (!response.ok) return { count: 0, frames: [], response }
  return { ...parsePack(Buffer.from(await response.arrayBuffer())), response }
}

function parsePack(bytes: Buffer): { count: number; frames: Buffer[] } {
  const frames: Buffer[] = []
  let at = 4
  for (; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) frames.push(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)))
  expect(at).toBe(bytes.length)
  return { count: bytes.readUInt32BE(0), frames }
}

const frameUrl = (id: string, number: number) => `/frames/${id}/frame_${String(number).padStart(6, '0')}.png`

function postPack(urls: readonly string[], timeoutMs: number, api: HubApi = hub.api) {
  return fetchPack(`/api/framepack?${urls[0]}`, {
    api, method: 'POST', body: JSON.stringify({ urls }), headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(timeoutMs),
  })
}

describe("the deployed player's own sequence", () => {
  test('12 s at 20 fps: every frame and the sound come, in limits of 3 and 2 s, while the job runs', async () => {
    const directory = join(scratch, 'player')
    const slow = await startInnerHub({ REELTIME_DATA_DIR: directory, REELTIME_FFMPEG: pacedFfmpeg(scratch), REELTIME_FETCH_ALLOW: '127.0.0.1' })
    try {
      const file = clip('player.mp4', [...picture('320x180', 30, 12), ...tone(12), ...H264, '-c:a', 'aac', '-ac', '2'])
      const video_url = await slow.api.upload(file)
      const body = { video_url, w: 64, h: 64, force_resolution: false, pad_to_target: true, fps: 20 }
      const { body: created } = await slow.api.post('/api/video_frame/async', body)
      expect(created.status).toBe('success')
      const poll = async () => (await slow.api.request(new URL(created.status_url).pathname)).body
      for (;;) {
        const { result } = await poll()
        if (result.current_frames >= 200) break
        await pause(1000)
      }
      const { status, result: info } = await poll()
      expect(status).toBe('running')
      expect(info).toMatchObject({ total_frames: 240, audio_urls: { audio_dfpwm_url: expect.stringMatching(/^\/download\//) } })
      const numbers = (first: number) => Array.from({ length: 20 }, (_, index) => frameUrl(created.task_id, first + index))
      const batches = await Promise.all(Array.from({ length: 20 }, (_, batch) => postPack(numbers(batch * 20 + 1), 3000, slow.api)))
      const frames = new Map<number, Buffer>()
      const keep = (batch: number, pack: readonly Buffer[]) => pack.forEach((frame, index) => frames.set(batch * 20 + index + 1, frame))
      batches.forEach(({ frames: pack, response }, batch) => {
        if (batch < 10) expect([response.status, pack.length]).toEqual([200, 20])
        keep(batch, pack)
      })
      for (let batch = 0; batch * 20 < info.total_frames - 10; batch++) {
        while (!frames.has(batch * 20 + 20)) {
          const { frames: pack, response } = await postPack(numbers(batch * 20 + 1), 2000, slow.api)
          if (response.ok) keep(batch, pack)
          if (response.ok && pack.length < 20) break
        }
      }
      const made = decode([...frames.keys()].sort((a, b) => a - b).map((number) => frames.get(number)!), 'png')
      const bare = bareFrames(file, 'fps=20,scale=64:64:force_original_aspect_ratio=decrease,pad=64:64:(ow-iw)/2:(oh-ih)/2', { width: 64, height: 64 })
      expect(made).toEqual(bare)
      for (const [kind, channel] of [['audio_dfpwm_url', ['-ac', '1']], ['audio_dfpwm_left_url', ['-af', 'pan=mono|c0=FL']], ['audio_dfpwm_right_url', ['-af', 'pan=mono|c0=FR']]] as const) {
        const sound = Buffer.from(await (await fetch(slow.url + info.audio_urls[kind])).arrayBuffer())
        expect(hash(sound)).toBe(hash(run(['-i', file, '-vn', ...channel, '-ar', '48000', '-c:a', 'dfpwm', '-f', 'dfpwm', 'pipe:1'])))
        expect(sound.length).toBeGreaterThan(6000 * 11.9)
      }
    } finally {
      await slow.stop()
    }
  })
})

describe('what comes out is what the bare command makes', () => {
  let film: string
  beforeAll(() => void (film = clip('film.mp4', ['-f', 'lavfi', '-i', 'testsrc=size=213x121:rate=30:duration=2', ...H264.slice(0, 4), '-pix_fmt', 'yuv444p'])))

  test.each([
    { fit: 'pad', filters: 'scale=64:50:force_original_aspect_ratio=decrease,pad=64:50:(ow-iw)/2:(oh-ih)/2', size: { width: 64, height: 50 } },
    { fit: 'contain', filters: 'scale=64:50:force_original_aspect_ratio=decrease', size: { width: 64, height: 36 } },
    { fit: 'stretch', filters: 'scale=64:50', size: { width: 64, height: 50 } },
  ])('fit $fit', async ({ fit, filters, size }) => {
    const id = await makeFrames(film, { width: 64, height: 50, fit, fps: 20 })
    const { frames } = await fetchPack(`/api/jobs/${id}/framepack`)
    expect(decode(frames, 'png')).toEqual(bareFrames(film, `fps=20,${filters}`, size))
    expect((await hub.api.job(id)).result).toMatchObject({ current_frames: 40, total_frames: 40, fps: 20, format: 'png', ...size })
  })

  test('without a size and a rate: the size of the source, odd as it is, and 10 a second', async () => {
    const id = await makeFrames(film, {})
    const { count, frames } = await fetchPack(`/api/jobs/${id}/framepack`)
    expect(count).toBe(20)
    expect(decode(frames, 'png')).toEqual(bareFrames(film, 'fps=10', { width: 213, height: 121 }))
  })

  test('raw frames are the pixels themselves', async () => {
    const id = await makeFrames(film, { width: 31, height: 17, fit: 'stretch', format: 'raw' })
    const { frames } = await fetchPack(`/api/jobs/${id}/framepack`)
    expect(frames.map(hash)).toEqual(bareFrames(film, 'fps=10,scale=31:17', { width: 31, height: 17 }).hashes)
  })

  test.each([
    { format: 'jpeg', codec: 'mjpeg', encoding: ['-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj420p'] },
    { format: 'webp', codec: 'webp', encoding: ['-c:v', 'libwebp', '-pix_fmt', 'yuv420p'] },
  ] as const)('$format frames', async ({ format, codec, encoding }) => {
    const id = await makeFrames(film, { width: 64, height: 36, fit: 'stretch', format })
    const { frames } = await fetchPack(`/api/jobs/${id}/framepack`)
    const bare = run(['-i', film, '-vf', 'fps=10,scale=64:36,setsar=1', ...encoding, '-f', 'image2pipe', 'pipe:1'])
    expect(hash(Buffer.concat(frames))).toBe(hash(bare))
    if (codec === 'mjpeg') expect(decode(frames, codec)).toMatchObject({ width: 64, height: 36, hashes: { length: 20 } })
    expect((await fetch(hub.url + frameUrl(id, 1))).headers.get('content-type')).toBe(`image/${format}`)
  })
})

describe('clips of all sorts', () => {
  const framesOf = async (file: string, input: object) => {
    const id = await makeFrames(file, { fps: 10, ...input })
    return { id, job: await hub.api.job(id), ...(await fetchPack(`/api/jobs/${id}/framepack`)) }
  }

  test('without sound there are no sound files, and the player is given no object for them', async () => {
    const { id, job } = await framesOf(clip('silent.mp4', [...picture('64x36', 20, 12), ...H264]), { fps: 20 })
    expect(job.artifacts).toEqual([])
    const { body } = await hub.api.request(`/api/task/${id}`)
    expect(body.result).toMatchObject({ current_frames: 240, total_frames: 240 })
    expect(body.result).not.toHaveProperty('audio_urls')
  })

  test('of 9 s, fewer than the player waits for, and it may still begin', async () => {
    const { id, job } = await framesOf(clip('nine.mp4', [...picture('64x36', 20, 9), ...H264]), { fps: 20 })
    expect(job.result).toMatchObject({ current_frames: 180, total_frames: 180 })
    expect((await hub.api.request(`/api/task/${id}`)).body.result).toMatchObject({ current_frames: 200, total_frames: 180 })
    const { count } = await postPack(Array.from({ length: 20 }, (_, index) => frameUrl(id, 171 + index)), 2000)
    expect(count).toBe(10)
  })

  test('portrait by its size', async () => {
    const file = clip('portrait.mp4', [...picture('72x128', 10, 1), ...H264])
    expect(decode((await framesOf(file, { width: 64, height: 64 })).frames, 'png')).toEqual(
      bareFrames(file, 'fps=10,scale=64:64:force_original_aspect_ratio=decrease', { width: 36, height: 64 }),
    )
  })

  test('portrait by a note in the file, as telephones write it', async () => {
    const lying = clip('lying.mp4', [...picture('128x72', 10, 1), ...H264])
    const file = clip('turned.mp4', ['-i', lying, '-c', 'copy', '-metadata:s:v:0', 'rotate=90'])
    const whole = bareFrames(file, 'fps=10', { width: 72, height: 128 })
    expect(decode((await framesOf(file, {})).frames, 'png')).toEqual(whole)
    expect(decode((await framesOf(file, { width: 64, height: 64 })).frames, 'png')).toMatchObject({ width: 36, height: 64 })
  })

  test('of a variable frame rate', async () => {
    const file = clip('variable.mp4', [...picture('64x36', 30, 3), '-vf', "select='lt(t,1)+not(mod(n,7))'", '-fps_mode', 'vfr', ...H264])
    const { frames, job } = await framesOf(file, { fps: 20 })
    const bare = bareFrames(file, 'fps=20', { width: 64, height: 36 })
    expect(decode(frames, 'png')).toEqual(bare)
    expect(job.result['total_frames']).toBe(bare.hashes.length)
  })

  test('a song with its cover shows the cover for as long as it plays', async () => {
    const cover = clip('cover.jpg', ['-f', 'lavfi', '-i', 'testsrc=size=60x60:rate=1', '-frames:v', '1'])
    const song = clip('song.mp3', [...tone(3), '-i', cover, '-map', '0:a', '-map', '1:v', '-c:v', 'copy', '-disposition:v', 'attached_pic', '-ac', '1'])
    const { frames, job } = await framesOf(song, {})
    const { hashes, ...size } = decode(frames, 'png')
    expect(size).toEqual({ width: 60, height: 60 })
    expect(new Set(hashes).size).toBe(1)
    expect(Math.abs(hashes.length - 30)).toBeLessThanOrEqual(1)
    expect(job.artifacts.map(({ name }) => name)).toEqual(['audio.dfpwm', 'audio_left.dfpwm', 'audio_right.dfpwm'])
    expect(new Set(job.artifacts.map(({ sha256 }) => sha256)).size).toBe(1)
  })

  test.each(['still.jpg', 'still.png'])('a picture, %s, is one frame', async (name) => {
    const file = clip(name, ['-f', 'lavfi', '-i', 'testsrc=size=60x40:rate=1', '-frames:v', '1'])
    const { frames, job } = await framesOf(file, {})
    expect([frames.length, job.result['total_frames']]).toEqual([1, 1])
  })

  test('a film whose cover stands in front of it is the film', async () => {
    const film = clip('plain.mp4', [...picture('64x36', 10, 1), ...H264])
    const cover = clip('front.png', ['-f', 'lavfi', '-i', 'testsrc=size=90x90:rate=1', '-frames:v', '1'])
    const file = clip('covered.mp4', ['-i', cover, '-i', film, '-map', '0:v', '-map', '1:v', '-c', 'copy', '-disposition:v:0', 'attached_pic'])
    expect(decode((await framesOf(file, {})).frames, 'png')).toEqual(bareFrames(film, 'fps=10', { width: 64, height: 36 }))
  })

  test.each([
    { what: 'a text named .mp4', make: (file: string) => writeFileSync(file, 'no film at all\n'.repeat(1000)), says: /no media file/ },
    { what: 'sound alone', make: (file: string) => copyFileSync(clip('sound.wav', tone(1)), file), says: /no picture/ },
  ])('$what fails, and says why', async ({ what, make, says }) => {
    const file = join(scratch, `${what.length}.mp4`)
    make(file)
    const id = await submit({ source: await hub.api.upload(file) })
    const { status, error } = await hub.api.ends(id)
    expect([status, error?.code]).toEqual(['failed', 'invalid_input'])
    expect(error?.message).toMatch(says)
    expect((await hub.api.request(`/api/jobs/${id}/framepack`)).body.code).toBe('frame_not_found')
  })

  test.each([{ width: 0 }, { width: 9000 }, { width: 8192, height: 8192 }, { fps: 0 }, { fps: 121 }, { fit: 'crop' }])('%o is refused', async (input) => {
    const { status, body } = await hub.api.post('/api/jobs', { tool: 'video_frame', input: { source: 'upload:x', ...input } })
    expect([status, body.code, body.errors[0].path]).toEqual([400, 'invalid_input', Object.keys(input)[0]])
  })
})

describe('reading', () => {
  let id: string
  let frames: Buffer[]
  beforeAll(async () => {
    id = await makeFrames(clip('reading.mp4', [...picture('64x36', 10, 3), ...H264]), {})
    frames = (await fetchPack(`/api/jobs/${id}/framepack`)).frames
  })

  test('one frame by either of its names', async () => {
    for (const name of ['frame_000001.png', '1.png', 'frame_1.png']) {
      const response = await fetch(`${hub.url}/frames/${id}/${name}`)
      expect(response.headers.get('content-type')).toBe('image/png')
      expect(Buffer.from(await response.arrayBuffer())).toEqual(frames[0])
    }
    const head = await fetch(`${hub.url}/frames/${id}/30.png`, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe(String(frames[29]!.length))
    for (const name of ['0.png', '31.png']) expect((await hub.api.request(`/frames/${id}/${name}`)).body.code).toBe('frame_not_found')
    expect((await hub.api.request('/frames/unknown/1.png')).body.code).toBe('job_not_found')
  })

  test('a range, with its length told beforehand', async () => {
    const { count, frames: some, response } = await fetchPack(`/api/jobs/${id}/framepack?from=28&count=2`)
    expect([count, some]).toEqual([2, frames.slice(27, 29)])
    expect(response.headers.get('content-length')).toBe(String(4 + 8 + frames[27]!.length + frames[28]!.length))
    expect((await fetchPack(`/api/jobs/${id}/framepack?from=28`)).count).toBe(3)
    expect((await fetchPack(`/api/jobs/${id}/framepack?from=31`)).count).toBe(0)
    for (const query of ['from=0', 'count=x', 'follow=yes']) {
      expect((await hub.api.request(`/api/jobs/${id}/framepack?${query}`)).body.errors[0].path).toBe(query.split('=')[0])
    }
  })

  test('a pack keeps the order asked for, of several jobs, and takes the query for nothing', async () => {
    const other = await makeFrames(join(scratch, 'reading.mp4'), { width: 16, height: 9 })
    const urls = [frameUrl(id, 3), frameUrl(other, 1), `/frames/${id}/3.png`, frameUrl(id, 2), `http://elsewhere/frames/${id}/4.png`]
    const { count, frames: pack } = await postPack(urls, 3000)
    const small = (await fetchPack(`/api/jobs/${other}/framepack?count=1`)).frames[0]
    expect([count, pack]).toEqual([5, [frames[2], small, frames[2], frames[1], frames[3]]])
  })

  test('a list that Lua wrote as {} is an empty pack', async () => {
    const { count, response } = await fetchPack('/api/framepack', { method: 'POST', body: '{"urls":{}}' })
    expect([response.status, count]).toEqual([200, 0])
  })

  test('what is no frame, and what is more than ComputerCraft takes, is refused in the reason phrase', async () => {
    expect((await postPack(['/etc/passwd'], 3000)).response.statusText).toMatch(/is no frame/)
    const { response } = await postPack(Array(1900).fill(frameUrl(await makeFrames(join(scratch, 'reading.mp4'), { width: 256, format: 'raw' }), 1)), 3000)
    expect([response.status, response.statusText]).toEqual([413, expect.stringMatching(/more than 16777216/)])
  })

  test('a follower of an ended job gets what there is', async () => {
    expect(await fetchPack(`/api/jobs/${id}/framepack?follow=1&from=29`)).toMatchObject({ count: 0xff_ff_ff_ff, frames: frames.slice(28) })
    expect((await fetchPack(`/api/jobs/${id}/framepack?follow=1&from=29&count=1`)).frames).toEqual([frames[28]])
  })
})

describe('while frames are made', () => {
  test('a follower gets them as they come and ends with the last; who asks too early waits and is told', async () => {
    const slow = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'slow'), REELTIME_FFMPEG: pacedFfmpeg(scratch) })
    try {
      const file = clip('slow.mp4', [...picture('64x36', 10, 4), ...H264])
      const id = await submit({ source: await slow.api.upload(file), fps: 10 }, slow.api)
      const early = fetchPack(`/api/jobs/${id}/framepack?follow=1`, { api: slow.api })
      await slow.api.reaches(id, ({ result }) => Number(result['current_frames']) > 0)
      const late = fetchPack(`/api/jobs/${id}/framepack?follow=1&from=2`, { api: slow.api })
      const [tooEarly, soon] = await Promise.all([postPack([frameUrl(id, 39)], 3000, slow.api), postPack([frameUrl(id, 8), frameUrl(id, 1)], 3000, slow.api)])
      expect([tooEarly.response.status, tooEarly.response.statusText]).toEqual([503, expect.stringMatching(/^Frame 39 is not there yet/)])
      expect(soon.count).toBe(2)
      expect((await slow.api.job(id)).status).toBe('running')
      const { count, frames } = await early
      expect([count, decode(frames, 'png')]).toEqual([0xff_ff_ff_ff, bareFrames(file, 'fps=10', { width: 64, height: 36 })])
      expect((await late).frames).toEqual(frames.slice(1))
      expect((await postPack([frameUrl(id, 39), frameUrl(id, 99)], 3000, slow.api)).count).toBe(1)
    } finally {
      await slow.stop()
    }
  })

  test('after kill -9 the frames that exist are served all along, and the whole set is right', async () => {
    const directory = join(scratch, 'crash')
    const settings = { REELTIME_FFMPEG: pacedFfmpeg(scratch) }
    const file = clip('crash.mp4', [...picture('320x180', 30, 4), ...tone(4), ...H264])
    let process = await startHubProcess(directory, settings)
    try {
      const id = await submit({ source: await process.api.upload(file), fps: 30, width: 160, height: 90, fit: 'pad' }, process.api)
      await process.api.reaches(id, ({ result }) => Number(result['current_frames']) >= 30)
      const { frames: before } = await fetchPack(`/api/jobs/${id}/framepack`, { api: process.api })
      expect(before.length).toBeGreaterThanOrEqual(30)
      await process.end('SIGKILL')
      await untilNoProgramsBelow(directory)
      process = await startHubProcess(directory, settings)
      let looks = 0
      for (let status = ''; status !== 'completed'; looks++) {
        const { frames } = await fetchPack(`/api/jobs/${id}/framepack?count=${before.length}`, { api: process.api })
        expect(Buffer.concat(frames).equals(Buffer.concat(before))).toBe(true)
        status = (await process.api.job(id)).status
        expect(['queued', 'running', 'completed']).toContain(status)
      }
      expect(looks).toBeGreaterThan(10)
      expect((await process.api.job(id)).attempt).toBe(2)
      const { frames } = await fetchPack(`/api/jobs/${id}/framepack`, { api: process.api })
      expect(decode(frames, 'png')).toEqual(bareFrames(file, 'fps=30,scale=160:90', { width: 160, height: 90 }))
    } finally {
      await process.end('SIGKILL')
      await untilNoProgramsBelow(directory)
    }
  })
})
