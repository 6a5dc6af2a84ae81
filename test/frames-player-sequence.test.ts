import { once } from 'node:events'
import { createReadStream, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { playAsDeployed } from './deployed-player.ts'
import { bareFrames, decode, encode, H264, hash, picture, runFfmpeg, source } from './frame-media.ts'
import { ffmpegWithPacedFrames } from './paced-frames.ts'
import { removeDirectory, startInnerHub, temporaryDirectory } from './running-hub.ts'

let scratch: string
let media: Server
let mediaUrl: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  media = createServer((incoming, outgoing) => {
    const file = join(scratch, basename(incoming.url!))
    outgoing.writeHead(200, { 'content-type': 'video/mp4', 'content-length': statSync(file).size })
    createReadStream(file).pipe(outgoing)
  }).listen(0, '127.0.0.1')
  await once(media, 'listening')
  mediaUrl = `http://127.0.0.1:${(media.address() as AddressInfo).port}`
})
afterAll(async () => {
  media.closeAllConnections()
  media.close()
  await removeDirectory(scratch)
})

const FPS = 20
const STEREO = "aevalsrc='sin(440*2*PI*t)|sin(660*2*PI*t)':s=48000"
const CHANNELS = [['-ac', '1'], ['-af', 'pan=mono|c0=FL'], ['-af', 'pan=mono|c0=FR']]
const DFPWM = ['-ar', '48000', '-c:a', 'dfpwm', '-f', 'dfpwm', 'pipe:1']

describe("the deployed player's own sequence gets every frame and the sound, within its limits, while the job runs", () => {
  test.each([
    { name: '12 s, made as fast as it plays', seconds: 12, pace: 20, size: { width: 64, height: 64 }, leastRefused: 0 },
    { name: '60 s', seconds: 60, pace: 250, size: { width: 164, height: 81 }, leastRefused: 0 },
    { name: '300 frames, 12 a second out of ffmpeg', seconds: 15, pace: 12, size: { width: 256, height: 192 }, leastRefused: 1 },
  ])('$name', async ({ seconds, pace, size, leastRefused }) => {
    const sound = [...source(`${STEREO}:d=${seconds}`), '-c:a', 'aac']
    const file = encode(join(scratch, `${seconds}.mp4`), [...picture('320x180', 30, seconds), ...sound, ...H264])
    const hub = await startInnerHub({
      REELTIME_DATA_DIR: join(scratch, String(seconds)), REELTIME_FFMPEG: ffmpegWithPacedFrames(scratch, pace), REELTIME_SANDBOX: 'off',
      REELTIME_FETCH_ALLOW: '127.0.0.1',
    })
    try {
      const { width: w, height: h } = size
      const wanted = { video_url: `${mediaUrl}/${seconds}.mp4`, w, h, force_resolution: false, pad_to_target: true, fps: FPS }
      const { status, result, frames, sounds, packsBeforehand, refusedPacks } = await playAsDeployed(hub.api, wanted)
      expect(status).toBe('running')
      expect(result).toMatchObject({ total_frames: seconds * FPS, audio_urls: { audio_dfpwm_url: expect.stringMatching(/^\/download\//) } })
      const there = packsBeforehand.slice(0, result['current_frames'] / 20)
      expect(there.map(({ response, count }) => [response.status, count])).toEqual(there.map(() => [200, 20]))
      expect(Math.min(refusedPacks.beforehand, refusedPacks.playing)).toBeGreaterThanOrEqual(leastRefused)
      const filters = `fps=${FPS},scale=${w}:${h}:force_original_aspect_ratio=decrease,pad=${w}:${h}:(ow-iw)/2:(oh-ih)/2`
      const bare = bareFrames(file, filters, size)
      expect(bare.hashes).toHaveLength(seconds * FPS)
      expect(decode(frames, 'png')).toEqual(bare)
      const bareSounds = CHANNELS.map((channel) => runFfmpeg(['-i', file, '-vn', ...channel, ...DFPWM]))
      expect(sounds.map((bytes) => bytes && hash(bytes))).toEqual(bareSounds.map(hash))
      expect(new Set(sounds.map((bytes) => hash(bytes!))).size).toBe(3)
      for (const bytes of sounds) expect(bytes!.length).toBeGreaterThan(6000 * (seconds - 0.1))
    } finally {
      await hub.stop()
    }
  })
})
