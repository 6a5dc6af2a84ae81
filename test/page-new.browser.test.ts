import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { HubApi } from './hub-api.ts'
import { HubProcess } from './hub-process.ts'
import { expectAccessible, type HubPage, PageBrowser, screenshot } from './page.ts'

let browser: PageBrowser
let hub: HubProcess
let api: HubApi
let media: string
let clip: string

beforeAll(async () => {
  media = await mkdtemp(join(tmpdir(), 'page-media-'))
  clip = join(media, 'holiday.mp4')
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=960x540:rate=10:d=2', '-f', 'lavfi', '-i', 'sine=d=2', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', clip])
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

test('a newcomer makes a 480p copy with two clicks: a file is chosen, and the first button starts it', async () => {
  const { page } = await open('')
  await page.getByLabel('Choose a file').setInputFiles(clip)
  const first = page.getByRole('region', { name: 'What shall become of it?' }).getByRole('button').first()
  expect(await first.innerText()).toMatch(/^480p copy/)
  await expectAccessible(page)
  await screenshot(page, 'new-quick-light')
  await first.click()
  const video = page.locator('video')
  await expect.poll(() => video.evaluate(({ videoHeight }: HTMLVideoElement) => videoHeight).catch(() => 0)).toBe(480)
})

test('what is offered first fits what was chosen', async () => {
  const { page } = await open('new')
  const offers = page.getByRole('region', { name: 'What shall become of it?' })
  expect(await offers.count()).toBe(0)
  for (const [name, expected] of [['a.mp3', /^Sound as MP3/], ['b.mkv', /^480p copy/]] as const) {
    await page.getByLabel('or a link, an upload or a result of another job').fill(`https://example.com/${name}?x=1.png`)
    await expect.poll(() => offers.getByRole('button').first().innerText()).toMatch(expected)
  }
})

test('the commands that will run are told as one types, for what was chosen, and what is refused is said at its field at once', async () => {
  const { page } = await open('new/transcode', /400/)
  const command = page.getByLabel('Command', { exact: true })
  await expect.poll(() => command.allInnerTexts()).toEqual([expect.stringMatching(/^ffmpeg -i input\.mp4 .*scale=1920:1080.* \.\/video\.mp4$/)])
  await page.getByText('For a plain film of 1920 × 1080').waitFor()
  await page.getByLabel('Drop a file here, or choose one').setInputFiles(clip)
  await expect.poll(() => command.allInnerTexts()).toEqual([expect.stringContaining('scale=960:540')])
  expect(await page.getByText('For a plain film of 1920 × 1080').count()).toBe(0)
  await page.getByRole('button', { name: 'Small enough for chat' }).click()
  await expect.poll(() => command.count()).toBe(2)
  expect((await command.allInnerTexts()).map((line) => /-pass (\d)/.exec(line)?.[1])).toEqual(['1', '2'])
  await expectAccessible(page)
  await page.getByText('More settings').click()
  await page.getByLabel('Crf').fill('20')
  await page.getByText('cannot be met together with crf').waitFor()
  expect(await page.getByLabel('Target mb').getAttribute('aria-invalid')).toBe('true')
  expect(await page.getByRole('button', { name: 'Small enough for chat' }).getAttribute('aria-pressed')).toBe('false')
  await page.getByLabel('Target mb').fill('')
  await expect.poll(() => command.allInnerTexts()).toEqual([expect.stringContaining('-crf 20')])
  expect(await page.locator('[aria-invalid="true"]').count()).toBe(0)
  expect((await api.list()).jobs).toEqual([])
})

test('of answers that overtake each other the newest stands', async () => {
  const { page } = await open('new/transcode')
  const command = page.getByLabel('Command', { exact: true })
  await command.waitFor()
  let held = 0
  await page.route('**/plan', async (route) => {
    const isFirst = held++ === 0
    // The first is answered after the second, if it is still wanted by then.
    if (isFirst) await expect.poll(() => command.innerText()).toContain('-crf 12')
    await route.continue().catch(() => undefined)
  })
  await page.getByText('More settings').click()
  await page.getByLabel('Crf').fill('11')
  await expect.poll(() => held).toBe(1)
  await page.getByLabel('Crf').fill('12')
  await expect.poll(() => held).toBe(2)
  await expect.poll(() => command.innerText()).toContain('-crf 12')
  await page.unrouteAll({ behavior: 'wait' })
  expect(await command.innerText()).toContain('-crf 12')
})

test('a job shows the commands it ran', async () => {
  const { body } = await api.request('/api/uploads/holiday.mp4', { method: 'PUT', body: await readFile(clip) })
  const { body: job } = await api.post('/api/jobs', { tool: 'transcode', input: { source: body.source, target_mb: 1 } })
  await api.ends(job.id)
  const { page } = await open(`jobs/${job.id}`)
  const ran = page.getByLabel('What was run', { exact: true })
  await expect.poll(() => ran.count()).toBe(2)
  for (const line of await ran.allInnerTexts()) expect(line).toMatch(/^ffmpeg -i input /)
})

async function open(address: string, expected?: RegExp): Promise<HubPage> {
  return browser.open(`${hub.url}/#/${address}`, { theme: 'light', ...(expected && { expected }) })
}
