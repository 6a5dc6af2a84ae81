import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { BreakingUplink, type Faults } from './breaking-uplink.ts'
import { HubApi } from './hub-api.ts'
import { HubProcess } from './hub-process.ts'
import { expectAccessible, type HubPage, openBrowser, openPage, screenshot } from './page.ts'

const TUS_CLIENT = createRequire(import.meta.url).resolve('tus-js-client/dist/tus.min.js')

let browser: Browser
let hub: HubProcess
let api: HubApi
let media: string
let song: string
/** Too long for what connections hold of it on their way. */
let long: string
let proxy: BreakingUplink
let opened: HubPage

beforeAll(async () => {
  media = await mkdtemp(join(tmpdir(), 'page-uploads-'))
  song = join(media, 'song.wav')
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=60', '-ac', '2', song])
  long = join(media, 'long.wav')
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=210', '-ac', '2', long])
  browser = await openBrowser()
  hub = await HubProcess.start({ REELTIME_LOG: 'errors', REELTIME_SANDBOX: 'off' })
  api = new HubApi(hub.url)
})
afterEach(async () => {
  await opened.close()
  await proxy.stop()
  expect(opened.complaints).toEqual([])
})
afterAll(async () => {
  await browser?.close()
  await hub.dispose()
  await rm(media, { recursive: true, force: true })
})

/**
 * The page, whose connection to its hub is bad. What breaks on a connection that was used before, Chromium sends again
 * by itself, and is told that the hub has some of it already.
 */
async function open(faults: Faults): Promise<HubPage> {
  proxy = await BreakingUplink.start(() => hub.port, faults)
  opened = await openPage(browser, `${proxy.url}/#/new`, { expected: /ERR_CONNECTION|ERR_EMPTY|ERR_SOCKET|WebSocket connection|404|409|503/ })
  return opened
}

const hashOf = async (file: string) => createHash('sha256').update(await readFile(file)).digest('hex')

test('a file whose connection is cut goes on, and its job, which was submitted meanwhile, waits for it and runs', async () => {
  const { page } = await open({ breakAfter: [2_000_000, 4_000_000], holdAfter: 8_000_000 })
  await page.getByLabel('Drop a file here, or choose one').setInputFiles(song)
  await page.getByText('You need not wait for it').waitFor()
  await page.getByRole('link', { name: /^Sound / }).first().click()
  await expect.poll(() => proxy.breaks, { timeout: 30_000 }).toBe(2)
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.getByText(/^\d.* uploaded$/).waitFor()
  const bar = page.getByRole('progressbar')
  await expect.poll(() => bar.getAttribute('aria-valuenow').then(Number), { timeout: 30_000 }).toBeGreaterThan(5)
  expect(await page.locator('.badge').first().getAttribute('data-status')).toBe('queued')
  await expectAccessible(page)
  await screenshot(page, 'job-uploading-light')
  const { jobs: [job] } = await api.list()
  expect(job).toMatchObject({ status: 'queued', phase: 'uploading', name: 'song.wav' })
  proxy.letGo()
  await page.locator('.badge[data-status="completed"]').waitFor()
  const id = /upload:([\w-]+)/.exec(JSON.stringify(job?.input))?.[1]
  expect((await api.request(`/api/uploads/${id}`)).body).toMatchObject({ sha256: await hashOf(song) })
})

test('a file goes on after a restart of the hub', async () => {
  const { page } = await open({ holdAfter: 5_000_000 })
  await page.getByLabel('Drop a file here, or choose one').setInputFiles(song)
  await page.getByRole('link', { name: /^Sound / }).first().click()
  await page.getByText(/Uploading: [2-9]\d %/).waitFor()
  await hub.kill()
  await hub.start()
  proxy.letGo()
  await page.getByText(/ · Uploaded$/).waitFor()
  const id = /upload:([\w-]+)/.exec(await page.getByLabel('The same in a terminal').innerText())?.[1]
  expect((await api.request(`/api/uploads/${id}`)).body).toMatchObject({ sha256: await hashOf(song) })
})

/** Sends so much that the upload cannot be whole, and reloads the page under it. Returns what its clients have sent by then. */
async function breakOff({ page }: HubPage): Promise<number> {
  page.on('dialog', (dialog) => void dialog.accept())
  await page.getByText(/^([2-9]\d %|Uploading: [2-9]\d %.*|.* · Uploading: [2-9]\d %.*)$/).first().waitFor()
  await page.reload()
  proxy.letGo()
  return proxy.passed
}

test('an upload that a reload broke off goes on when its file is chosen again, from where the hub is, and so does the job that waits for it', async () => {
  const { page } = await open({ holdAfter: 12_000_000 })
  await page.getByLabel('Drop a file here, or choose one').setInputFiles(long)
  await page.getByRole('link', { name: /^Sound / }).first().click()
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.waitForURL(/#\/jobs\//)
  const before = await breakOff(opened)
  await page.getByText('This job waits for an upload that broke off').waitFor()
  await page.getByText(/^Broke off: [2-9]\d % of 40 MB are at the hub, until/).waitFor()
  await expectAccessible(page)
  expect(await page.getByText('It runs as soon as this is there').isVisible()).toBe(false)
  await screenshot(page, 'job-upload-broken-light')
  const again = page.getByLabel('Choose it again: long.wav')
  await again.setInputFiles({ name: 'long.wav', mimeType: 'audio/wav', buffer: Buffer.from('another') })
  await page.getByText('That is another file').waitFor()
  await again.setInputFiles(long)
  await page.locator('.badge[data-status="completed"]').waitFor()
  const { jobs: [job] } = await api.list()
  const id = /upload:([\w-]+)/.exec(JSON.stringify(job?.input))?.[1]
  expect((await api.request(`/api/uploads/${id}`)).body).toMatchObject({ sha256: await hashOf(long) })
  expect(proxy.passed - before).toBeLessThan((await stat(long)).size - 2_000_000)
  expect(await page.evaluate(() => localStorage.getItem('reeltime.uploads'))).toBe(null)
})

/** What the form for sound says that its job would read. */
async function newSource(page: Page): Promise<string> {
  await page.getByRole('link', { name: /^Sound / }).first().click()
  return page.getByLabel('The same in a terminal').innerText()
}

test('in another tab a file goes on too, and what the hub does not have any more is not offered', async () => {
  const { page, context } = await open({ holdAfter: 12_000_000 })
  await page.getByLabel('Drop a file here, or choose one').setInputFiles(long)
  const before = await breakOff(opened)
  await page.close()
  const other = await context.newPage()
  await other.goto(`${proxy.url}/#/new`)
  await other.getByText(/^Broke off: /).waitFor()
  await expectAccessible(other)
  await screenshot(other, 'new-upload-broken-light')
  const [kept] = JSON.parse(await other.evaluate(() => localStorage.getItem('reeltime.uploads') ?? ''))
  await other.getByLabel('Drop a file here, or choose one').setInputFiles(long)
  await other.getByText(/ · Uploaded$/).waitFor()
  expect(proxy.passed - before).toBeLessThan((await stat(long)).size - 2_000_000)
  const { sha256, source } = (await api.request(`/api/uploads/${/upload:([\w-]+)/.exec(await newSource(other))?.[1]}`)).body
  expect(sha256).toBe(await hashOf(long))
  // What came whole when nobody listened any more is not sent again.
  await other.evaluate((begun) => localStorage.setItem('reeltime.uploads', begun), JSON.stringify([{ ...kept, id: source.slice(7), noted_at: 0, expires_at: Date.now() + 100_000 }]))
  await other.reload()
  await other.getByText(/^All 40 MB are at the hub, until/).waitFor()
  const whole = proxy.passed
  await other.getByLabel('Choose it again: long.wav').setInputFiles(long)
  await other.getByText(/ · Uploaded$/).waitFor()
  expect(proxy.passed - whole).toBeLessThan(100_000)
  await other.evaluate(() => localStorage.setItem('reeltime.uploads', JSON.stringify([
    { id: 'aVeryLongIdThatIsGone', name: 'gone.wav', size: 5, modified: 1, noted_at: 0, expires_at: Date.now() + 100_000 },
    { id: 'aVeryLongIdThatIsLate', name: 'late.wav', size: 5, modified: 1, noted_at: 0, expires_at: Date.now() - 1 },
  ])))
  await other.reload()
  await other.getByLabel('Drop a file here, or choose one').waitFor({ state: 'attached' })
  await expect.poll(() => other.evaluate(() => localStorage.getItem('reeltime.uploads'))).toBe(null)
  expect(await other.getByText(/^Broke off: /).count()).toBe(0)
})

test('tus-js-client sends from a browser too', async () => {
  const { page } = await open({ breakAfter: [2_000_000] })
  await page.evaluate(await readFile(TUS_CLIENT, 'utf8'))
  const address = await page.evaluate(() => new Promise<string>((resolve, reject) => {
    const { tus } = globalThis as unknown as { tus: { Upload: new (file: Blob, options: object) => { url: string; start(): void } } }
    const sending = new tus.Upload(new Blob(['0123456789'.repeat(500_000)]), {
      endpoint: '/files', retryDelays: [100, 100], metadata: { filename: 'digits.txt' }, onError: reject, onSuccess: () => resolve(sending.url),
    })
    sending.start()
  }))
  const { body } = await api.request(`/api/uploads/${address.split('/').at(-1)}`)
  expect(body).toMatchObject({ name: 'digits.txt', sha256: createHash('sha256').update('0123456789'.repeat(500_000)).digest('hex') })
  expect(proxy.breaks).toBe(1)
})
