import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { HubApi } from './hub-api.ts'
import { HubProcess } from './hub-process.ts'
import { makeTone, pacedFfmpeg, talk } from './media.ts'
import { expectAccessible, type HubPage, PageBrowser, screenshot } from './page.ts'

let browser: PageBrowser
let hub: HubProcess
let media: string
let api: HubApi

beforeAll(async () => {
  media = await mkdtemp(join(tmpdir(), 'page-media-'))
  browser = await PageBrowser.launch()
})
beforeEach(async () => {
  hub = await HubProcess.start({ REELTIME_LOG: 'errors', REELTIME_SANDBOX: 'off', REELTIME_SUBMITS_PER_MINUTE: '1000' })
  api = new HubApi(hub.url)
})
afterEach(async () => {
  await browser.closePages()
  await hub.dispose()
})
afterAll(async () => {
  await browser?.close()
  await rm(media, { recursive: true, force: true })
})

test('a video goes through the form to a job whose bar and log move, whose picture is seen while it is made, and plays at the end', async () => {
  await restartPaced()
  const { page } = await open('new', { expected: /503/ })
  await page.getByLabel('Drop a file here, or choose one').setInputFiles(makeClip(4))
  await page.getByText('Uploaded').waitFor()
  await expectAccessible(page)
  await screenshot(page, 'new-tools-light')
  await page.getByRole('link', { name: /^Convert video / }).click()
  await page.getByRole('button', { name: '480p copy' }).click()
  expect(await page.getByLabel('Max height').inputValue()).toBe('480')
  expect(await page.getByLabel('The same in a terminal').innerText()).toContain('"max_height":480')
  await expectAccessible(page)
  await screenshot(page, 'new-form-light')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  const bar = page.getByRole('progressbar')
  await expect.poll(() => bar.getAttribute('aria-valuenow').then(Number)).toBeGreaterThan(5)
  const picture = page.getByRole('img', { name: 'What is being made' })
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100)
  await screenshot(page, 'job-running-light')
  const video = page.locator('video')
  await expect.poll(() => video.evaluate(({ readyState, videoHeight }: HTMLVideoElement) => [readyState >= 1, videoHeight]), { timeout: 30_000 }).toEqual([true, 480])
  await page.getByRole('link', { name: /^Download/ }).waitFor()
  expect(await page.locator('.log-line').count()).toBeGreaterThan(0)
  await expectAccessible(page)
  await screenshot(page, 'job-video-light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await screenshot(page, 'job-video-dark')
  await page.setViewportSize({ width: 390, height: 844 })
  await screenshot(page, 'job-video-phone-dark')
})

test('a job that has ended is shown as it is, without its life passing by', async () => {
  const id = await submitTone(2)
  await api.ends(id)
  const { page } = await open('')
  // Each event is drawn before the next one is taken.
  await page.evaluate(() => {
    window.requestAnimationFrame = (draw) => {
      queueMicrotask(() => draw(performance.now()))
      return 1
    }
  })
  await page.evaluate(() => {
    const seen = new Set<string>()
    const look = () => document.querySelectorAll<HTMLElement>('.badge').forEach(({ dataset }) => dataset.status && seen.add(dataset.status))
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true })
    Object.assign(globalThis, { seen })
  })
  await page.evaluate((address) => location.assign(address), `#/jobs/${id}`)
  await page.locator('.ran li').first().waitFor()
  await page.locator('.job-title').waitFor()
  await expect.poll(async () => Number.parseInt(await page.getByText(/\d+ lines/).innerText())).toBeGreaterThan(0)
  expect(await page.evaluate(() => [...(globalThis as unknown as { seen: Set<string> }).seen])).toEqual(['completed'])
})

test('a job is cancelled in one tab and seen so in another, is run again, and is deleted after a second thought', async () => {
  await restartPaced()
  const id = await submitTone(60)
  const [one, two] = [await open(`jobs/${id}`), await open(`jobs/${id}`, { width: 'phone' })]
  await one.page.getByRole('button', { name: 'Cancel' }).click()
  for (const { page } of [one, two]) await page.locator('.badge[data-status="cancelled"]').waitFor()
  await expectAccessible(two.page)
  await one.page.getByRole('button', { name: 'Run again' }).click()
  await one.page.locator('.badge[data-status="running"]').waitFor()
  await one.page.getByRole('button', { name: 'Cancel' }).click()
  await one.page.getByRole('button', { name: 'Run again' }).waitFor()
  await one.page.getByRole('button', { name: 'Delete' }).click()
  await one.page.getByRole('button', { name: 'Delete for good?' }).click()
  await one.page.getByText('The job is deleted').waitFor()
  expect(await api.request(`/api/jobs/${id}`)).toMatchObject({ status: 410 })
})

test('a job that failed says why, with the end of its log', async () => {
  const source = await upload('broken.mp4', Buffer.from('this is no video at all, whatever its name says'))
  const id = await api.accepted({ input_url: source, output_format: 'mp3' })
  const { page } = await open(`jobs/${id}`)
  const alert = page.getByRole('alert')
  await alert.waitFor()
  expect((await alert.innerText()).length).toBeGreaterThan(20)
  await expectAccessible(page)
  await screenshot(page, 'job-failed-light')
})

test('the log is followed, searched and left to stand while one reads further up', async () => {
  await restartPaced()
  const id = await submitTone(60)
  const { page } = await open(`jobs/${id}`)
  const log = page.getByRole('log')
  const lastNumber = async () => Math.max(0, ...(await log.locator('.log-number').allInnerTexts()).map(Number))
  await expect.poll(lastNumber, { timeout: 15_000 }).toBeGreaterThan(30)
  await log.evaluate((element) => { element.scrollTop = 0 })
  await page.getByRole('button', { name: 'Follow', pressed: false }).waitFor()
  const counted = async () => Number.parseInt((await page.getByText(/of \d+ lines/).innerText()).split(' ')[2] ?? '')
  const before = await counted()
  await expect.poll(counted, { timeout: 15_000 }).toBeGreaterThan(before + 20)
  expect(await log.evaluate((element) => element.scrollTop)).toBe(0)
  await page.getByLabel('Search the log').fill('silence_end')
  await expect.poll(async () => (await log.locator('.log-line').allInnerTexts()).every((line) => line.includes('silence_end'))).toBe(true)
  await page.getByLabel('Search the log').fill('no such line')
  await page.getByText('No line is like that').waitFor()
  await page.getByLabel('Search the log').fill('')
  await page.getByRole('button', { name: 'Follow' }).click()
  await expect.poll(lastNumber).toBeGreaterThan(before)
})

test('a page whose hub goes away says so, and goes on when it is back', async () => {
  await restartPaced()
  const id = await submitTone(60)
  const { page, complaints } = await open(`jobs/${id}`)
  await page.locator('.badge[data-status="running"]').waitFor()
  await hub.kill()
  await page.getByText('The connection to the hub is lost.').waitFor()
  await hub.start()
  await page.getByText('The connection to the hub is lost.').waitFor({ state: 'hidden' })
  await page.locator('.badge[data-status="running"]').waitFor()
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !/ERR_CONNECTION|ERR_INCOMPLETE|WebSocket connection/.test(text)))
})

test('a file that is dropped anywhere and a link that is pasted become the source, and what the hub refuses is said at its field', async () => {
  const { page } = await open('', { expected: /40[0-9]|422/ })
  await page.getByRole('heading', { name: 'Drop a file to begin' }).waitFor()
  await page.evaluate(() => {
    const data = new DataTransfer()
    data.items.add(new File(['not much'], 'note.mp4', { type: 'video/mp4' }))
    dispatchEvent(new DragEvent('dragenter', { dataTransfer: data }))
    dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }))
  })
  await page.getByText('note.mp4').waitFor()
  await page.getByRole('button', { name: 'Choose another' }).click()
  await page.evaluate(() => {
    const data = new DataTransfer()
    data.setData('text/plain', 'http://example.invalid/a.mp4')
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
  })
  await expect.poll(() => page.getByLabel('or a link, an upload or a result of another job').inputValue()).toBe('http://example.invalid/a.mp4')
  await page.getByRole('link', { name: /^Convert video / }).click()
  await page.getByText('More settings').click()
  await page.getByLabel('Fps').fill('1000')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await expect.poll(() => page.getByLabel('Fps').getAttribute('aria-invalid')).toBe('true')
  await expectAccessible(page)
  await screenshot(page, 'new-refused-light')
})

test('arguments are typed as in a shell', async () => {
  const source = await upload('tone.wav', await readFile(makeTone(media)))
  const { page } = await open(`new/ffmpeg?source=${encodeURIComponent(source)}`)
  await page.getByText('More settings').click()
  await page.getByLabel('Args').fill('-af "volume=0.5, atempo=2" -t 1')
  await page.getByLabel('Output format').fill('wav')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.locator('audio').waitFor()
  await page.getByRole('img', { name: 'Waveform' }).waitFor()
  const id = page.url().split('/').at(-1) ?? ''
  expect((await api.request(`/api/jobs/${id}`)).body).toMatchObject({ input: { outputs: [{ args: ['-af', 'volume=0.5, atempo=2', '-t', '1'] }] } })
  await screenshot(page, 'job-sound-light')
})

interface OpenOptions {
  readonly width?: 'desk' | 'phone'
  readonly expected?: RegExp
}

async function open(address: string, { width = 'desk', expected }: OpenOptions = {}): Promise<HubPage> {
  return browser.open(`${hub.url}/#/${address}`, { width, theme: 'light', ...(expected && { expected }) })
}

/** Jobs then take as long as what they make plays. */
async function restartPaced(): Promise<void> {
  await hub.dispose()
  hub = await HubProcess.start({ REELTIME_LOG: 'errors', REELTIME_SANDBOX: 'off', REELTIME_FFMPEG: pacedFfmpeg(media) })
  api = new HubApi(hub.url)
}

function makeClip(seconds: number): string {
  const file = join(media, 'holiday.mp4')
  execFileSync('ffmpeg', [
    '-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=20', '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', String(seconds),
    '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file,
  ])
  return file
}

async function upload(name: string, bytes: Uint8Array): Promise<string> {
  const { body: answer } = await api.request(`/api/uploads/${name}`, { method: 'PUT', body: new Uint8Array(bytes) })
  return answer.source
}

async function submitTone(seconds: number): Promise<string> {
  return api.accepted(talk(await upload('tone.wav', await readFile(makeTone(media))), seconds))
}
