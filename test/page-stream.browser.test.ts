import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { HubApi } from './hub-api.ts'
import { HubProcess } from './hub-process.ts'
import { pacedFfmpeg } from './media.ts'
import { expectAccessible, PageBrowser, screenshot } from './page.ts'

const SECONDS = 12

let browser: PageBrowser
let media: string
let hub: HubProcess
/** Its ffmpeg reads no faster than a film plays. */
let paced: HubProcess
let film: string

beforeAll(async () => {
  media = await mkdtemp(join(tmpdir(), 'page-streams-'))
  film = join(media, 'film.mp4')
  execFileSync('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', `testsrc2=s=640x360:r=25:d=${SECONDS}`, '-f', 'lavfi', '-i', `sine=d=${SECONDS}`,
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', film,
  ])
  browser = await PageBrowser.launch()
  hub = await HubProcess.start({ REELTIME_LOG: 'errors', REELTIME_SANDBOX: 'off' })
  paced = await HubProcess.start({ REELTIME_LOG: 'errors', REELTIME_SANDBOX: 'off', REELTIME_FFMPEG: pacedFfmpeg(media) })
})
afterEach(async () => {
  await browser.closePages()
})
afterAll(async () => {
  await browser?.close()
  await hub.dispose()
  await paced.dispose()
  await rm(media, { recursive: true, force: true })
})

async function submitted(at: HubProcess, input: object): Promise<{ id: string; api: HubApi }> {
  const api = new HubApi(at.url)
  const { status, body } = await api.post('/api/jobs', { tool: 'hls', input: { source: await api.upload(film), ...input } })
  expect(status).toBe(202)
  return { id: body.id, api }
}

async function open(at: HubProcess, id: string, expected?: RegExp): Promise<Page> {
  return (await browser.open(`${at.url}/#/jobs/${id}`, expected ? { expected } : {})).page
}

const stateOf = (page: Page) => page.locator('video').evaluate(({ currentTime, duration, ended, paused, readyState, videoHeight }: HTMLVideoElement) => ({ currentTime, duration, ended, paused, readyState, videoHeight }))
const timeOf = async (page: Page) => (await stateOf(page)).currentTime
const play = (page: Page) => page.locator('video').evaluate((video: HTMLVideoElement) => {
  video.muted = true
  return video.play()
})

test('a stream plays while it is made, goes on as pieces come, and from its job’s end to its own without a break', async () => {
  const { id, api } = await submitted(paced, { heights: [360, 180], segment_seconds: 1 })
  const page = await open(paced, id)
  await page.getByText(/^0:0\d so far$/).waitFor()
  await play(page)
  await expect.poll(() => timeOf(page)).toBeGreaterThan(1.5)
  const { status } = await api.job(id)
  expect([status, (await stateOf(page)).ended]).toEqual(['running', false])
  await page.locator('video').evaluate((video) => Object.assign(globalThis, { first: video }))
  await expectAccessible(page)
  await screenshot(page, 'job-stream-running-light')
  await page.locator('.badge[data-status="completed"]').waitFor()
  expect(await page.locator('video').evaluate((video) => video === (globalThis as unknown as { first: unknown }).first)).toBe(true)
  await expect.poll(() => stateOf(page)).toMatchObject({ ended: true, duration: expect.closeTo(SECONDS, 0), currentTime: expect.closeTo(SECONDS, 0) })
  await page.getByRole('region', { name: 'Stream' }).getByText('0:12', { exact: true }).waitFor()
})

test('a stream that is made is sought to and fro, in the best picture that the line and the page have room for', async () => {
  const { id, api } = await submitted(hub, { heights: [360, 180], segment_seconds: 1 })
  expect((await api.ends(id)).status).toBe('completed')
  const asked: string[] = []
  const page = await open(hub, id)
  page.on('request', (request) => asked.push(request.url().split('/').at(-1)!))
  await expect.poll(() => stateOf(page)).toMatchObject({ readyState: expect.toSatisfy((state: number) => state >= 2), duration: expect.closeTo(SECONDS, 0) })
  for (const moment of [10.4, 4.2, 11.8, 0.2]) {
    await page.locator('video').evaluate((video: HTMLVideoElement, to) => {
      video.currentTime = to
    }, moment)
    await expect.poll(() => stateOf(page)).toMatchObject({ currentTime: expect.closeTo(moment, 0), readyState: expect.toSatisfy((state: number) => state >= 2) })
  }
  const pieces = new Set(asked.filter((name) => name.endsWith('.m4s')).map((name) => Number(/_(\d+)\./.exec(name)?.[1])))
  expect([...pieces].toSorted((a, b) => a - b)).toEqual([0, 4, 10, 11])
  await play(page)
  await expect.poll(() => stateOf(page)).toMatchObject({ videoHeight: 360, ended: true })
  await expectAccessible(page)
  await screenshot(page, 'job-stream-light')
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy the address' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${hub.url}/api/jobs/${id}/artifacts/master.m3u8`)
})

test('a stream goes on when its hub is back', async () => {
  const { id, api } = await submitted(hub, { heights: [180], segment_seconds: 1 })
  expect((await api.ends(id)).status).toBe('completed')
  const page = await open(hub, id, /ERR_|WebSocket connection|503/)
  await expect.poll(async () => (await stateOf(page)).readyState).toBeGreaterThanOrEqual(2)
  await hub.kill()
  await page.locator('video').evaluate((video: HTMLVideoElement) => {
    video.currentTime = 6.5
  })
  await page.getByText('The hub does not answer. The stream goes on by itself').waitFor()
  await hub.start()
  await expect.poll(() => stateOf(page)).toMatchObject({ currentTime: expect.closeTo(6.5, 0), readyState: expect.toSatisfy((state: number) => state >= 2) })
  await page.getByText('The hub does not answer').waitFor({ state: 'hidden' })
})

test('what of a stream cannot be played is said, with the way out', async () => {
  const { id, api } = await submitted(hub, { heights: [180], segment_seconds: 1 })
  expect((await api.ends(id)).status).toBe('completed')
  const page = await open(hub, id, /404/)
  await expect.poll(async () => (await stateOf(page)).readyState).toBeGreaterThanOrEqual(2)
  await page.route('**/*.m4s', (route) => route.fulfill({ status: 404 }))
  await play(page)
  await page.getByText('The stream is not there any more').waitFor()
  await page.unroute('**/*.m4s')
  await page.route('**/*.m4s', (route) => route.fulfill({ status: 200, body: 'no film at all' }))
  await page.reload()
  await page.getByText('This browser cannot decode the stream').waitFor()
  await page.addInitScript(() => {
    MediaSource.isTypeSupported = () => false
  })
  await page.reload()
  await page.getByText('for which it would take H.264').waitFor()
  await expectAccessible(page)
})

test('pieces of MPEG-TS are left to a browser that plays them itself, and another says what to do', async () => {
  const { id, api } = await submitted(hub, { heights: [180], segments: 'ts', segment_seconds: 2 })
  expect((await api.ends(id)).status).toBe('completed')
  const page = await open(hub, id)
  await expect.poll(async () => (await stateOf(page)).duration).toBeCloseTo(SECONDS, 0)
  await page.addInitScript(() => {
    HTMLMediaElement.prototype.canPlayType = () => ''
  })
  await page.reload()
  await page.getByText('This browser plays streams in pieces of fMP4').waitFor()
})
