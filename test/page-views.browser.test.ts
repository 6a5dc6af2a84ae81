import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HubApi } from './hub-api.ts'
import { HubProcess, makeClip } from './hub-process.ts'
import { expectAccessible, openBrowser, openPage, screenshot, SIZES, type Width } from './page.ts'

const WIDTHS: readonly Width[] = ['phone', 'tablet', 'wide']

let browser: Browser
let hub: HubProcess
let media: string
const views: Record<string, string> = { list: '', new: 'new' }

beforeAll(async () => {
  media = await mkdtemp(join(tmpdir(), 'page-media-'))
  hub = await HubProcess.start({ REELTIME_LOG: 'errors', REELTIME_SANDBOX: 'off', REELTIME_SUBMITS_PER_MINUTE: '1000' })
  const api = new HubApi(hub.url)
  await makeClip(join(media, 'clip.mp4'), 2)
  const upload = async (name: string, body: Uint8Array) => (await api.request(`/api/uploads/${name}`, { method: 'PUT', body: new Uint8Array(body) })).body.source as string
  const source = await upload('a-holiday-whose-name-is-so-long-that-it-does-not-fit-into-a-line-of-a-telephone.mp4', await readFile(join(media, 'clip.mp4')))
  const made = async (tool: string, input: object) => {
    const { body } = await api.post('/api/jobs', { tool, input })
    await api.ends(body.id)
    return `jobs/${body.id}`
  }
  views['form'] = `new/transcode?source=${source}`
  views['video'] = await made('transcode', { source, max_height: 90 })
  views['cells'] = await made('sanjuuni', { source, output_format: '32vid', width: 80, height: 45, fps: 5 })
  views['failed'] = await made('transcode', { source: await upload('broken.mp4', Buffer.from('no film')) })
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await hub?.dispose()
  await rm(media, { recursive: true, force: true })
})

test.each([
  { locale: 'en-GB', theme: 'light' }, { locale: 'zh-CN', theme: 'dark' },
] as const)('no view is wider than its window, from a telephone to a wide screen, and all can use it: $locale, $theme', async ({ locale, theme }) => {
  for (const [view, address] of Object.entries(views)) {
    const { page, complaints, close } = await openPage(browser, `${hub.url}/#/${address}`, { locale, theme })
    await page.getByRole('heading', { level: 1 }).waitFor()
    for (const size of WIDTHS) {
      await page.setViewportSize(SIZES[size])
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      expect({ view, size, tooWide }).toEqual({ view, size, tooWide: 0 })
      await screenshot(page, `view-${view}-${size}-${locale.slice(0, 2)}-${theme}`)
    }
    // In English the tests of each view have looked.
    if (locale !== 'en-GB') await expectAccessible(page)
    expect(complaints).toEqual([])
    await close()
  }
})
