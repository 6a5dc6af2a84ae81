import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { HubApi } from './hub-api.ts'
import { HubProcess } from './hub-process.ts'
import { makeTone, pacedFfmpeg, talk } from './media.ts'
import { expectAccessible, type HubPage, PageBrowser, screenshot, watchLongTasks } from './page.ts'

let browser: PageBrowser
let hub: HubProcess
let media: string
let api: HubApi

beforeAll(async () => {
  media = await mkdtemp(join(tmpdir(), 'page-media-'))
  browser = await PageBrowser.launch()
})
beforeEach(async () => {
  hub = await startHub({ REELTIME_CONCURRENCY: '2' })
})
afterEach(async () => {
  await browser.closePages()
  await hub.dispose()
})
afterAll(async () => {
  await browser?.close()
  await rm(media, { recursive: true, force: true })
})

test('the first paint of an empty hub takes less than 100 KB, and invites', async () => {
  const opened = await open('')
  const { page } = opened
  await page.getByRole('heading', { name: 'Drop a file to begin' }).waitFor()
  expect(await page.getByRole('list').getByRole('link').count()).toBe(4)
  expect(await bytesUntilLoaded()).toBeLessThan(100_000)
  await expectAccessible(page)
  await screenshot(page, 'list-empty-light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await screenshot(page, 'list-empty-dark')
})

test('jobs come, move and end in the list by themselves, in two tabs alike, and are filtered and searched', async () => {
  const source = await uploadTone()
  const [one, two] = [await open(''), await open('', 'phone')]
  const ids = await Promise.all([60, 60, 60].map((seconds) => submit(source, seconds)))
  for (const { page } of [one, two]) {
    await page.getByRole('status').filter({ hasText: '2 running, 1 waiting' }).waitFor()
    await page.getByText('Number 1 in line').waitFor()
  }
  const running = one.page.locator('.row[data-status="running"]').first()
  await expect.poll(async () => Number.parseInt(await running.locator('.row-percent').innerText())).toBeGreaterThanOrEqual(2)
  expect(await running.innerText()).toMatch(/tone\.wav/)
  await expectAccessible(one.page)
  await screenshot(one.page, 'list-light')
  await screenshot(two.page, 'list-phone-dark')
  await one.page.getByRole('button', { name: /^Waiting/ }).click()
  expect(await one.page.locator('.row').count()).toBe(1)
  await one.page.getByRole('button', { name: /^All/ }).click()
  await one.page.getByRole('searchbox').fill('no such')
  await one.page.getByText('No job is like that').waitFor()
  await Promise.all(ids.map((id) => api.post(`/api/jobs/${id}/cancel`)))
  await one.page.getByRole('searchbox').fill('TONE')
  for (const { page } of [one, two]) await expect.poll(() => page.locator('.row[data-status="cancelled"]').count()).toBe(3)
  for (const { page } of [one, two]) expect(await misplaced(page)).toEqual([])
  await api.request(`/api/jobs/${ids[0]}`, { method: 'DELETE' })
  for (const { page } of [one, two]) await expect.poll(() => page.locator('.row').count()).toBe(2)
})

/** What of a row does not lie within it. */
function misplaced(page: Page): Promise<readonly string[]> {
  return page.locator('.row').evaluateAll((rows) => rows.flatMap((row) => {
    const place = row.getBoundingClientRect()
    return [...row.querySelectorAll('.tile, .row-text, .row-progress, .badge')].filter((part) => {
      const { left, right, top, bottom } = part.getBoundingClientRect()
      return left < place.left || right > place.right || top < place.top || bottom > place.bottom
    }).map(({ className }) => className)
  }))
}

test('a hub that goes away is told, and when it is back the list goes on with what has happened', async () => {
  const source = await uploadTone()
  const { page, complaints } = await open('')
  await page.getByText('Live').waitFor()
  await hub.kill()
  await page.getByRole('status', { name: 'Connection lost, trying again' }).waitFor()
  await hub.start()
  await submit(source, 60)
  await page.getByRole('status', { name: /^Live/ }).waitFor()
  await expect.poll(() => page.locator('.row-name').allInnerTexts(), { timeout: 15_000 }).toEqual(['tone.wav'])
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !/ERR_CONNECTION|WebSocket connection/.test(text)))
})

test('a view that could not be loaded since the hub went away is there as soon as the hub is back', async () => {
  const { page, complaints } = await open('')
  await page.getByRole('heading', { name: 'Drop a file to begin' }).waitFor()
  await hub.kill()
  await page.getByRole('link', { name: 'New job' }).click()
  await page.getByRole('heading', { name: 'This view could not be loaded' }).waitFor()
  await expectAccessible(page)
  await hub.start()
  await page.getByRole('heading', { name: 'New job' }).waitFor()
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !/ERR_CONNECTION|WebSocket connection/.test(text)))
})

test('500 jobs of which 20 run are scrolled while only the rows in sight exist, and no task holds the page up for long', async () => {
  await hub.dispose()
  hub = await startHub({ REELTIME_CONCURRENCY: '20' })
  const source = await uploadTone()
  for (let at = 0; at < 500; at += 25) await Promise.all(Array.from({ length: 25 }, () => submit(source, 60)))
  const { page } = await open('')
  await page.getByText('20 running, 480 waiting').waitFor()
  const longTasks = await watchLongTasks(page)
  const seen = new Set<string>()
  for (let step = 0; step < 120; step++) {
    await page.mouse.wheel(0, step < 90 ? 420 : -1200)
    if (step % 10 === 0) for (const place of await page.locator('.row-place').evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-posinset') ?? ''))) seen.add(place)
  }
  expect(await page.locator('.row').count()).toBeLessThan(40)
  expect(seen.size).toBeGreaterThan(150)
  const durations = await longTasks()
  console.log(`tasks of more than 50 ms: ${durations.length === 0 ? 'none' : durations.map(Math.round).join(', ')}`)
  // 50 ms is the goal; a machine that does other work at the same time may miss it by far.
  expect(Math.max(0, ...durations)).toBeLessThan(1000)
})

test('where all jobs are not for everybody, a key is asked for, and one’s own jobs are listed with it and without', async () => {
  await hub.dispose()
  hub = await startHub({ REELTIME_ANONYMOUS: 'submit' })
  const source = await uploadTone()
  const id = await submit(source, 1)
  const { page } = await open('', 'desk', /401/)
  await page.getByText('This hub shows its jobs to those with a key').waitFor()
  await page.evaluate((own) => localStorage.setItem('reeltime.jobs', JSON.stringify([own])), id)
  await page.getByText('tone.wav').waitFor()
  await expectAccessible(page)
  await screenshot(page, 'list-key-light')
  await page.getByLabel('API key').fill('rt_nothing')
  await page.getByRole('button', { name: 'Use key' }).click()
  await page.getByText('This hub shows its jobs to those with a key').waitFor()
  expect(await page.evaluate(() => [sessionStorage.getItem('reeltime.key'), localStorage.getItem('reeltime.key')])).toEqual(['rt_nothing', null])
})

async function open(address: string, width: 'desk' | 'phone' = 'desk', expected?: RegExp): Promise<HubPage> {
  return browser.open(`${hub.url}/#/${address}`, { width, ...(expected && { expected }) })
}

async function startHub(settings: Readonly<Record<string, string>>): Promise<HubProcess> {
  const started = await HubProcess.start({ REELTIME_LOG: 'errors', REELTIME_SUBMITS_PER_MINUTE: '100000', REELTIME_SANDBOX: 'off', REELTIME_FFMPEG: pacedFfmpeg(media), ...settings })
  api = new HubApi(started.url)
  return started
}

async function uploadTone(): Promise<string> {
  const { body } = await api.request('/api/uploads/tone.wav', { method: 'PUT', body: await readFile(makeTone(media)) })
  return body.source
}

function submit(source: string, seconds: number): Promise<string> {
  const { args, output_format: format } = talk(source, seconds)
  return api.accepted({ inputs: [{ source }], outputs: [{ format, args }] })
}

/** Bytes over the wire of a first visit, to the moment at which the list or the invitation stands. */
async function bytesUntilLoaded(): Promise<number> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  let bytes = 0
  session.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength })
  await page.goto(hub.url)
  await page.getByRole('heading').waitFor()
  await page.waitForLoadState('networkidle')
  await context.close()
  return bytes
}
