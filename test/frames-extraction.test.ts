import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bareFrames, decode, encode, H264, hash, picture, runFfmpeg, source, tone } from './frame-media.ts'
import { fetchPack, frameUrl, makeFrames, postPack, submitFrames } from './frame-packs.ts'
import { type InnerHub, removeDirectory, startInnerHub, temporaryDirectory } from './running-hub.ts'

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

const clip = (name: string, args: readonly string[]) => encode(join(scratch, name), args)

const WITHIN = 'scale=64:50:force_original_aspect_ratio=decrease'

describe('what comes out is what the bare command makes', () => {
  let film: string
  beforeAll(() => {
    film = clip('film.mp4', [...source('testsrc=size=213x121:rate=30:duration=2'), ...H264.slice(0, 4), '-pix_fmt', 'yuv444p'])
  })

  test.each([
    { fit: 'pad', filters: `${WITHIN},pad=64:50:(ow-iw)/2:(oh-ih)/2`, size: { width: 64, height: 50 } },
    { fit: 'contain', filters: WITHIN, size: { width: 64, height: 36 } },
    { fit: 'stretch', filters: 'scale=64:50', size: { width: 64, height: 50 } },
  ])('fit $fit', async ({ fit, filters, size }) => {
    const id = await makeFrames(hub.api, film, { width: 64, height: 50, fit, fps: 20 })
    const { frames } = await fetchPack(hub.api, `/api/jobs/${id}/framepack`)
    expect(decode(frames, 'png')).toEqual(bareFrames(film, `fps=20,${filters}`, size))
    expect((await hub.api.job(id)).result).toMatchObject({ current_frames: 40, total_frames: 40, fps: 20, format: 'png', ...size })
  })

  test('without a size and a rate: the size of the source, odd as it is, and 10 a second', async () => {
    const id = await makeFrames(hub.api, film, {})
    const { count, frames } = await fetchPack(hub.api, `/api/jobs/${id}/framepack`)
    expect(count).toBe(20)
    expect(decode(frames, 'png')).toEqual(bareFrames(film, 'fps=10', { width: 213, height: 121 }))
  })

  test('raw frames are the pixels themselves', async () => {
    const id = await makeFrames(hub.api, film, { width: 31, height: 17, fit: 'stretch', format: 'raw' })
    const { frames } = await fetchPack(hub.api, `/api/jobs/${id}/framepack`)
    expect(frames.map(hash)).toEqual(bareFrames(film, 'fps=10,scale=31:17', { width: 31, height: 17 }).hashes)
  })

  test.each([
    { format: 'jpeg', codec: 'mjpeg', encoding: ['-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj420p'] },
    { format: 'webp', codec: 'webp', encoding: ['-c:v', 'libwebp', '-pix_fmt', 'yuv420p'] },
  ] as const)('$format frames', async ({ format, codec, encoding }) => {
    const id = await makeFrames(hub.api, film, { width: 64, height: 36, fit: 'stretch', format })
    const { frames } = await fetchPack(hub.api, `/api/jobs/${id}/framepack`)
    const bare = runFfmpeg(['-i', film, '-vf', 'fps=10,scale=64:36,setsar=1', ...encoding, '-f', 'image2pipe', 'pipe:1'])
    expect(hash(Buffer.concat(frames))).toBe(hash(bare))
    if (codec === 'mjpeg') expect(decode(frames, codec)).toMatchObject({ width: 64, height: 36, hashes: { length: 20 } })
    expect((await fetch(hub.url + frameUrl(id, 1))).headers.get('content-type')).toBe(`image/${format}`)
  })
})

describe('clips of all sorts', () => {
  const framesOf = async (file: string, input: object) => {
    const id = await makeFrames(hub.api, file, { fps: 10, ...input })
    return { id, job: await hub.api.job(id), ...(await fetchPack(hub.api, `/api/jobs/${id}/framepack`)) }
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
    const { count } = await postPack(hub.api, Array.from({ length: 20 }, (_, index) => frameUrl(id, 171 + index)), 2000)
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
    const cover = clip('cover.jpg', [...source('testsrc=size=60x60:rate=1'), '-frames:v', '1'])
    const both = ['-map', '0:a', '-map', '1:v', '-c:v', 'copy', '-disposition:v', 'attached_pic']
    const song = clip('song.mp3', [...tone(3), '-i', cover, ...both, '-ac', '1'])
    const { frames, job } = await framesOf(song, {})
    const { hashes, ...size } = decode(frames, 'png')
    expect(size).toEqual({ width: 60, height: 60 })
    expect(new Set(hashes).size).toBe(1)
    expect(Math.abs(hashes.length - 30)).toBeLessThanOrEqual(1)
    expect(job.artifacts.map(({ name }) => name)).toEqual(['audio.dfpwm', 'audio_left.dfpwm', 'audio_right.dfpwm'])
    expect(new Set(job.artifacts.map(({ sha256 }) => sha256)).size).toBe(1)
  })

  test.each(['still.jpg', 'still.png'])('a picture, %s, is one frame', async (name) => {
    const file = clip(name, [...source('testsrc=size=60x40:rate=1'), '-frames:v', '1'])
    const { frames, job } = await framesOf(file, {})
    expect([frames.length, job.result['total_frames']]).toEqual([1, 1])
  })

  test('a film whose cover stands in front of it is the film', async () => {
    const film = clip('plain.mp4', [...picture('64x36', 10, 1), ...H264])
    const cover = clip('front.png', [...source('testsrc=size=90x90:rate=1'), '-frames:v', '1'])
    const both = ['-map', '0:v', '-map', '1:v', '-c', 'copy', '-disposition:v:0', 'attached_pic']
    const file = clip('covered.mp4', ['-i', cover, '-i', film, ...both])
    expect(decode((await framesOf(file, {})).frames, 'png')).toEqual(bareFrames(film, 'fps=10', { width: 64, height: 36 }))
  })

  test.each([
    { what: 'a text named .mp4', make: (file: string) => writeFileSync(file, 'no film at all\n'.repeat(1000)), says: /no media file/ },
    { what: 'sound alone', make: (file: string) => copyFileSync(clip('sound.wav', tone(1)), file), says: /no picture/ },
  ])('$what fails, and says why', async ({ what, make, says }) => {
    const file = join(scratch, `${what.length}.mp4`)
    make(file)
    const id = await submitFrames(hub.api, { source: await hub.api.upload(file) })
    const { status, error } = await hub.api.ends(id)
    expect([status, error?.code]).toEqual(['failed', 'invalid_input'])
    expect(error?.message).toMatch(says)
    expect((await hub.api.request(`/api/jobs/${id}/framepack`)).body.code).toBe('frame_not_found')
  })

  test.each([
    { width: 0 }, { width: 9000 }, { width: 8192, height: 8192 }, { fps: 0 }, { fps: 121 }, { fit: 'crop' },
  ])('%o is refused', async (input) => {
    const { status, body } = await hub.api.post('/api/jobs', { tool: 'video_frame', input: { source: 'upload:x', ...input } })
    expect([status, body.code, body.errors[0].path]).toEqual([400, 'invalid_input', Object.keys(input)[0]])
  })
})
