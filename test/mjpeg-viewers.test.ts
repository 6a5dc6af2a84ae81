import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { difference } from './compare-pictures.ts'
import { submitFrames } from './frame-packs.ts'
import { makeClip } from './hub-process.ts'
import { openViewer, type PreviewHub, producers, SMALL_FRAMES, startPreviewHub, untilNoProducers } from './preview-hub.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

let directory: string
let hub: PreviewHub
let videoJob: string
let framesJob: string

beforeAll(async () => {
  directory = await temporaryDirectory()
  const file = join(directory, 'clip.mp4')
  await makeClip(file, 20)
  hub = await startPreviewHub(join(directory, 'quick'))
  const clip = await hub.api.upload(file)
  videoJob = await hub.api.accepted({ input_url: clip, args: ['-c', 'copy'], output_format: 'mp4' })
  framesJob = await submitFrames(hub.api, { source: clip, ...SMALL_FRAMES })
  for (const id of [videoJob, framesJob]) expect((await hub.api.ends(id)).status).toBe('completed')
})

afterAll(async () => {
  await hub.stop()
  await removeDirectory(directory)
})

test('ten viewers cost one program, and closing them stops it', async () => {
  const first = await openViewer(hub, `/video_feed?job=${videoJob}&loop=1`)
  await first.sees(2)
  const viewers = [first, ...(await Promise.all(Array.from({ length: 9 }, () => openViewer(hub, `/video_feed?job=${videoJob}&loop=1`))))]
  await Promise.all(viewers.map((viewer) => viewer.sees(3)))
  expect(await producers(hub)).toHaveLength(1)
  for (const viewer of viewers.slice(1)) viewer.leave()
  await first.sees(first.pictures.length + 5)
  expect(await producers(hub)).toHaveLength(1)
  first.leave()
  await untilNoProducers(hub)
})

test('a viewer that takes nothing holds up nobody', async () => {
  const path = `/video_feed?job=${videoJob}&loop=1&w=1920&q=100`
  const [slow] = (await once(get(hub.api.url + path, { agent: false }), 'response')) as [IncomingMessage]
  const quick = await openViewer(hub, path)
  await quick.sees(40)
  expect(await producers(hub)).toHaveLength(1)
  slow.destroy()
  quick.leave()
  await untilNoProducers(hub)
})

test('one producer too many is refused, and has its place when another has gone', async () => {
  const viewers = await Promise.all([5, 6, 7].map((fps) => openViewer(hub, `/video_feed?job=${videoJob}&w=64&loop=1&fps=${fps}`)))
  const { status, body, headers } = await hub.api.request(`/video_feed?job=${videoJob}&w=64&loop=1&fps=8`)
  expect([status, body.code, headers.get('retry-after')]).toEqual([429, 'too_many_connections', '5'])
  for (const viewer of viewers) viewer.leave()
  await untilNoProducers(hub)
  const viewer = await openViewer(hub, `/video_feed?job=${videoJob}&w=64&loop=1&fps=8`)
  viewer.leave()
  await untilNoProducers(hub)
})

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
]

test.skipIf(!existsSync(CHROMIUM))('in a browser an image of it moves (needs Chromium)', async () => {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  try {
    const page = await browser.newPage({ viewport: { width: 400, height: 240 }, bypassCSP: true })
    for (const job of [videoJob, framesJob]) {
      await page.goto(`${hub.api.url}/health`)
      await page.setContent(`<img width="320" height="180" src="${hub.api.url}/video_feed?job=${job}&loop=1">`, { waitUntil: 'commit' })
      await page.waitForFunction(() => (document.querySelector('img')?.naturalWidth ?? 0) > 0)
      const before = await page.locator('img').screenshot()
      let after = before
      for (let look = 0; look < 50 && after.equals(before); look++) after = await page.locator('img').screenshot()
      expect(difference(before, after)).toBeGreaterThan(0.5)
    }
  } finally {
    await browser.close()
  }
  await untilNoProducers(hub)
})
