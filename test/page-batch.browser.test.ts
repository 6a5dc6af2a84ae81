import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Batch } from '../src/batches/batch.ts'
import { HubApi } from './hub-api.ts'
import { HubProcess } from './hub-process.ts'
import { makeTone, pacedFfmpeg } from './media.ts'
import { expectAccessible, PageBrowser, type PageOptions, screenshot } from './page.ts'

let browser: PageBrowser
let hub: HubProcess
let media: string
let tone: string
let api: HubApi

beforeAll(async () => {
  media = await mkdtemp(join(tmpdir(), 'page-batch-'))
  tone = makeTone(media)
  browser = await PageBrowser.launch()
})
beforeEach(async () => {
  hub = await HubProcess.start({ REELTIME_LOG: 'errors', REELTIME_SANDBOX: 'off', REELTIME_CONCURRENCY: '2', REELTIME_FFMPEG: pacedFfmpeg(media) })
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

test('the page of a batch shows each of its jobs live, gives all they made as one archive, and runs what failed again', async () => {
  const [one, two] = [await upload('one.wav'), await upload('二.wav')]
  const noise = (await api.request('/api/uploads/noise.wav', { method: 'PUT', body: 'no media at all' })).body.source
  const made = await batchOf([{ source: one, seconds: 4 }, { source: two, seconds: 5 }, { source: noise, seconds: 1 }])
  const page = await open(`batch/${made.id}`)
  await page.getByRole('heading', { name: 'Batch of 3' }).waitFor()
  const row = (name: string) => page.getByRole('link').filter({ hasText: name })
  await expect.poll(() => row('one.wav').innerText()).toMatch(/Running/)
  await expect.poll(async () => Number.parseInt(await row('one.wav').locator('.row-percent').innerText())).toBeGreaterThan(5)
  await screenshot(page, 'batch-running')
  await expectAccessible(page)
  await page.getByRole('status').filter({ hasText: '3 of 3 have ended · 1 failed' }).waitFor()
  expect(await row('noise.wav').innerText()).toMatch(/no media file/)
  const [place, badge] = await Promise.all([row('noise.wav'), row('noise.wav').locator('.badge')].map((part) => part.boundingBox()))
  expect([badge!.y > place!.y, badge!.y + badge!.height < place!.y + place!.height, badge!.x > place!.x + place!.width / 2]).toEqual([true, true, true])
  await screenshot(page, 'batch-ended')
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download all (ZIP)' }).click()
  const zip = join(media, 'all.zip')
  await (await downloading).saveAs(zip)
  expect(execFileSync('unzip', ['-Z1', zip], { encoding: 'utf8' }).trim().split('\n')).toEqual(['one.wav', '二.wav'])
  await page.getByRole('button', { name: 'Run what failed again' }).click()
  await expect.poll(async () => (await api.request(`/api/batches/${made.id}`)).body.items[2].attempt).toBe(2)
  await page.getByRole('status').filter({ hasText: '3 of 3 have ended · 1 failed' }).waitFor()
  await row('noise.wav').click()
  await page.getByRole('link', { name: 'Number 3 of its batch' }).click()
  await page.getByRole('heading', { name: 'Batch of 3' }).waitFor()
})

test('a batch is cancelled from its page, in Chinese and on a telephone too', async () => {
  const source = await upload('long.wav')
  const made = await batchOf(Array.from({ length: 4 }, () => ({ source, seconds: 50 })))
  const page = await open(`batch/${made.id}`, { locale: 'zh-CN', width: 'phone' })
  await page.getByRole('status').filter({ hasText: '已结束 0 / 4' }).waitFor()
  expect(await page.getByRole('link', { name: '全部下载' }).isVisible()).toBe(false)
  await page.getByText('排在第 1 位').waitFor()
  await screenshot(page, 'batch-phone-zh')
  await page.getByRole('button', { name: '全部取消' }).click()
  await page.getByRole('status').filter({ hasText: '已结束 4 / 4' }).waitFor()
  expect((await api.request(`/api/batches/${made.id}`)).body.status).toBe('cancelled')
  await page.goto(`${hub.url}/#/batch/1234567890123456789012`)
  await page.getByRole('heading', { name: '这里没有这个批次' }).waitFor()
})

test('a job that waits for an earlier one, or for its file, says so in the list, and on its page with a link', async () => {
  const first = await jobOf({ source: await upload('talk.wav'), seconds: 50 })
  const later = await jobOf({ source: `job:${first}`, seconds: 1 })
  const { body: started } = await api.request('/files', {
    method: 'POST', headers: { 'tus-resumable': '1.0.0', 'upload-length': '4000000', 'upload-metadata': `filename ${Buffer.from('film.wav').toString('base64')}` },
  })
  const sent = await jobOf({ source: `upload:${started.id}`, seconds: 1 })
  const both = await jobOf({ source: `job:${first}`, seconds: 1 }, { after: [later] })
  const list = await open('')
  await list.getByText('Waits for talk.wav').waitFor()
  await list.getByText('Waits for 2 jobs').waitFor()
  await list.getByText('Waits for its file').or(list.getByText('0 B of 4 MB uploaded')).waitFor()
  await screenshot(list, 'list-waiting')
  await api.request(`/files/${started.id}`, {
    method: 'PATCH', headers: { 'tus-resumable': '1.0.0', 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' }, body: new Uint8Array(1_000_000),
  })
  await list.getByText('1 MB of 4 MB uploaded').waitFor()
  const uploading = await open(`jobs/${sent}`)
  await uploading.getByText('Its file, which is not all here yet. 1 MB of 4 MB uploaded').waitFor()
  await expectAccessible(uploading)
  const page = await open(`jobs/${both}`)
  await page.getByText('It runs as soon as this is there:').waitFor()
  await page.getByRole('listitem').getByRole('link', { name: 'talk.wav' }).first().waitFor()
  await expectAccessible(page)
  await screenshot(page, 'job-waiting')
  await page.goto(`${hub.url}/#/jobs/${later}`)
  await page.getByRole('listitem').getByRole('link', { name: 'talk.wav' }).click()
  await expect.poll(() => page.url()).toBe(`${hub.url}/#/jobs/${first}`)
  await api.post(`/api/jobs/${first}/cancel`)
  await page.goto(`${hub.url}/#/jobs/${later}`)
  await page.getByRole('link', { name: 'To the job that it needed' }).click()
  await expect.poll(() => page.url()).toBe(`${hub.url}/#/jobs/${first}`)
})

async function open(address: string, options: PageOptions = {}): Promise<Page> {
  return (await browser.open(`${hub.url}/#/${address}`, { expected: /404|410/, ...options })).page
}

async function upload(name: string): Promise<string> {
  return (await api.request(`/api/uploads/${encodeURIComponent(name)}`, { method: 'PUT', body: await readFile(tone) })).body.source
}

interface Wanted {
  readonly source: string
  readonly seconds: number
}

function inputOf({ source, seconds }: Wanted) {
  return { inputs: [{ source }], outputs: [{ format: 'wav', args: ['-t', String(seconds)] }] }
}

async function batchOf(wanted: readonly Wanted[]): Promise<Batch> {
  const { status, body } = await api.post('/api/batches', { items: wanted.map((each) => ({ tool: 'ffmpeg', input: inputOf(each) })) })
  expect([status, body.detail]).toEqual([202, undefined])
  return body
}

async function jobOf(wanted: Wanted, more: object = {}): Promise<string> {
  const { status, body } = await api.post('/api/jobs', { tool: 'ffmpeg', input: inputOf(wanted), ...more })
  expect([status, body.detail]).toEqual([202, undefined])
  return body.id
}
