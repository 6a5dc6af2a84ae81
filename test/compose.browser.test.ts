import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeMedia, probeFilm } from './film-measures.ts'
import { openBrowser, openPage, screenshot } from './page.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
let hub: InnerHub

const MEDIA: readonly (readonly [string, ...string[]])[] = [
  ['wide.mp4', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=6', '-pix_fmt', 'yuv420p'],
  ['tall.webm', '-f', 'lavfi', '-i', 'testsrc=s=180x320:r=30:d=4', '-pix_fmt', 'yuv420p', '-cpu-used', '8', '-deadline', 'realtime'],
  ['old.mkv', '-f', 'lavfi', '-i', 'smptebars=s=176x144:r=15:d=5', '-vf', 'setsar=12/11', '-c:v', 'libx264'],
  ['wide.png', '-f', 'lavfi', '-i', 'mandelbrot=s=480x270:r=1', '-frames:v', '1'],
  ['tall.jpg', '-f', 'lavfi', '-i', 'mandelbrot=s=270x480:r=1:start_scale=1', '-frames:v', '1'],
  ['square.png', '-f', 'lavfi', '-i', 'rgbtestsrc=s=240x240', '-frames:v', '1'],
]

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data') })
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

const upload = (name: string, ...args: readonly string[]) => hub.api.upload(makeMedia(join(scratch, name), ...args))

test('half a minute of six clips and pictures, with voice, music and Chinese subtitles, plays in a browser', async () => {
  const clips = []
  for (const [name, ...args] of MEDIA) clips.push({ source: await upload(name, ...args) })
  const voice = await upload('voice.mp3', '-f', 'lavfi', '-i', "aevalsrc='0.4*sin(2*PI*250*t)*gt(mod(t,5),1)':s=24000:d=30")
  const music = await upload('music.ogg', '-f', 'lavfi', '-i', 'sine=880:d=7')
  const { body } = await hub.api.post('/api/jobs', {
    tool: 'compose',
    input: {
      clips, voice, music, short_side: 180, aspect: '9:16', fit: 'blur', clip_seconds: 5, transition: 'fade', order: 'random',
      subtitles: { text: '春天的花开了，我们一起去公园里看看吧。小明说：“今天的天气真好！”他拿起了照相机，拍下了一朵又一朵美丽的花儿。🎉 مرحبا بالعالم' },
    },
  })
  const job = await hub.api.ends(body.id)
  expect([job.status, job.error?.message]).toEqual(['completed', undefined])
  const file = join(scratch, 'film.mp4')
  writeFileSync(file, (await hub.api.download(job.id, 'video.mp4')).bytes)
  const film = probeFilm(file)
  expect(Math.abs(film.seconds - 30)).toBeLessThan(0.1)
  expect(film).toMatchObject({ width: 180, height: 320, frames: 900 })

  const browser = await openBrowser()
  try {
    const { page, complaints } = await openPage(browser, `${hub.url}/#/jobs/${job.id}`)
    const played = await page.locator('video').first().evaluate(async (video: HTMLVideoElement) => {
      video.muted = true
      video.playbackRate = 4
      await video.play()
      await new Promise((resolve) => video.addEventListener('timeupdate', () => video.currentTime > 4 && resolve(undefined)))
      video.pause()
      const seeked = new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }))
      video.currentTime = 20
      await seeked
      return { seconds: video.duration, width: video.videoWidth, height: video.videoHeight, error: video.error?.message, frames: video.getVideoPlaybackQuality().totalVideoFrames }
    }, undefined, { timeout: 60_000 })
    await screenshot(page, 'composition')
    expect(played).toMatchObject({ width: 180, height: 320 })
    expect([played.error, complaints]).toEqual([undefined, []])
    expect(Math.abs(played.seconds - 30)).toBeLessThan(0.1)
    expect(played.frames).toBeGreaterThan(20)
  } finally {
    await browser.close()
  }
}, 240_000)
