import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Request } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { makeMedia, probeFilm } from './film-measures.ts'
import { expectAccessible, PageBrowser, screenshot, type HubPage, type PageOptions } from './page.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let browser: PageBrowser
let scratch: string
let hub: InnerHub
let clip: string
let picture: string
let voice: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  clip = makeMedia(join(scratch, 'clip.mp4'), '-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=10:d=2', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p')
  picture = makeMedia(join(scratch, 'photo.png'), '-f', 'lavfi', '-i', 'mandelbrot=s=320x180:r=1', '-frames:v', '1')
  voice = makeMedia(join(scratch, 'voice.wav'), '-f', 'lavfi', '-i', 'sine=300:d=3')
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_FETCH_ALLOW: '127.0.0.1' })
  browser = await PageBrowser.launch()
})
afterEach(() => browser.closePages())
afterAll(async () => {
  await browser.close()
  await hub.stop()
  await removeDirectory(scratch)
})

test('clips in their order, a voice and a text become a film, and nothing is refused before anything was chosen', async () => {
  const { page } = await open('new/compose')
  await page.getByText('For a plain film of 1920 × 1080').waitFor()
  expect(await page.locator('[aria-invalid="true"]').count()).toBe(0)
  await page.getByLabel('Drop files here, or choose some').setInputFiles([clip, picture])
  await page.getByLabel('Choose a file: Voice').setInputFiles(voice)
  await page.getByRole('button', { name: 'Slow slides' }).click()
  const subtitles = page.getByRole('group', { name: 'Subtitles' })
  await subtitles.getByLabel('Text').fill('One sentence. And another one.')
  await page.getByText('voice.wav').waitFor()
  expect(await page.getByRole('button', { name: 'Slow slides' }).getAttribute('aria-pressed')).toBe('true')
  await page.locator('.settings > .more > summary').click()
  await page.getByLabel('Short side').fill('120')
  await expectAccessible(page)
  await screenshot(page, 'new-compose-light')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.locator('.badge[data-status="completed"]').waitFor()
  const { jobs: [job] } = await hub.api.list()
  expect(job).toMatchObject({ tool: 'compose', input: { voice: expect.stringMatching(/^upload:/), transition: 'fade', subtitles: { text: 'One sentence. And another one.' } } })
  expect((job!.input as { clips: object[] }).clips).toMatchObject([{ source: expect.stringMatching(/^upload:/) }, { source: expect.stringMatching(/^upload:/) }])
  const file = join(scratch, 'film.mp4')
  writeFileSync(file, (await hub.api.download(job!.id, 'video.mp4')).bytes)
  expect(probeFilm(file)).toMatchObject({ seconds: expect.closeTo(3, 0), height: 120 })
})

test('what a field of a group is refused for is said at that field', async () => {
  const { page } = await open('new/compose', { expected: /400/ })
  const subtitles = page.getByRole('group', { name: 'Subtitles' })
  await subtitles.getByText('More settings').click()
  await subtitles.getByLabel('Color', { exact: true }).fill('red')
  await expect.poll(() => subtitles.getByLabel('Color', { exact: true }).getAttribute('aria-invalid')).toBe('true')
  await subtitles.getByText('is six hexadecimal digits behind #').waitFor()
  expect(await subtitles.getByLabel('Outline color').getAttribute('aria-invalid')).not.toBe('true')
})

test('a rectangle drawn on the chosen film, at another moment of it, is where the watermark is taken off; one too many is taken away', async () => {
  const { page } = await open('new/watermark')
  await page.getByLabel('Drop a file here, or choose one').setInputFiles(clip)
  const film = page.locator('.region-picture video')
  await film.waitFor()
  await page.getByLabel('Moment').fill('1')
  await expect.poll(() => film.evaluate(({ currentTime }: HTMLVideoElement) => currentTime)).toBe(1)
  await draw(page.locator('.region-boxes'), { from: [0.5, 0.25], to: [0.75, 0.5] })
  await draw(page.locator('.region-boxes'), { from: [0.1, 0.9], to: [0.2, 0.8] })
  await expectAccessible(page)
  await screenshot(page, 'new-watermark-light')
  await page.getByLabel('Take away rectangle 2').click()
  expect(await page.locator('.region').count()).toBe(1)
  await page.getByRole('button', { name: 'Take it off quickly' }).click()
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.locator('.badge[data-status="completed"]').waitFor()
  const { jobs: [job] } = await hub.api.list()
  const { regions } = job!.input as { regions: Record<string, number>[] }
  expect(regions).toHaveLength(1)
  for (const [name, value] of Object.entries({ x: 320, y: 90, width: 160, height: 90 })) expect(Math.abs(regions[0]![name]! - value)).toBeLessThanOrEqual(2)
})

test('where a file cannot be shown the rectangle is typed', async () => {
  const { page } = await open('new/watermark', { expected: /./ })
  await page.getByLabel('Drop a file here, or choose one').setInputFiles(makeMedia(join(scratch, 'old.avi'), '-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=5:d=1', '-c:v', 'mpeg2video'))
  await page.getByText('This browser cannot show the file').waitFor()
  await page.getByLabel('Regions').fill('[{"x":20,"y":20,"width":40,"height":20}]')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.locator('.badge[data-status="completed"]').waitFor()
})

test('a preset says what it sets as people type it', async () => {
  const { page } = await open('new/ffmpeg')
  expect(await page.getByRole('button', { name: 'Without its sound' }).innerText()).toContain('mp4 -an -c:v copy')
})

test('tools, presets and fields have names in Chinese, and say in Chinese what they mean', async () => {
  const { page } = await open('new', { locale: 'zh-CN' })
  await page.getByText('全部工具').waitFor()
  const { body: { tools } } = await hub.api.request('/api/tools')
  const wanted = tools.filter(({ name }: { name: string }) => name !== 'gif').flatMap(({ name, presets, input }: Tool) => [
    `tool.${name}`, `title.${name}`, ...presets.map((preset) => `preset.${name}.${preset.name}`), ...fieldsOf(input).map((path) => [`field.${name}.${path}`, `field.${path.split('.').at(-1)}`]),
    ...fieldsOf(input).map((path) => [`help.${name}.${path}`, `help.${path.split('.').at(-1)}`]),
  ])
  // As text: the page's own modules are nothing that this test may import.
  const missing = await page.evaluate(`import('/language.js').then(({ hasString }) => ${JSON.stringify(wanted)}.filter((key) => ![key].flat().some((one) => hasString(one))))`)
  expect(missing).toEqual([])
  await screenshot(page, 'new-tools-zh-light')
  await page.getByRole('link', { name: /视频合成/ }).click()
  await page.getByRole('group', { name: '字幕' }).waitFor()
  await page.locator('.settings > .more > summary').click()
  await expectAccessible(page)
  await screenshot(page, 'new-compose-zh-light')
})

test('a job that has ended is changed: its form says what it was asked for, and makes another one', async () => {
  const source = await hub.api.upload(clip)
  const second = await hub.api.upload(picture)
  const clips = [{ source, start_seconds: 0.5, end_seconds: 1.5 }, { source: second, start_seconds: 0 }]
  const { body } = await hub.api.post('/api/jobs', { tool: 'compose', input: { clips, short_side: 100, order: 'random', seed: 7, subtitles: { captions: [{ start_seconds: 0, end_seconds: 1, text: 'Hello' }], color: '#ff0000' } } })
  await hub.api.ends(body.id)
  const { page } = await open(`jobs/${body.id}`)
  await page.getByRole('link', { name: 'Change' }).click()
  await expect.poll(() => page.getByLabel('Short side').inputValue()).toBe('100')
  expect(await page.getByLabel('Order', { exact: true }).inputValue()).toBe('random')
  expect(await page.getByRole('group', { name: 'Subtitles' }).getByLabel('Color', { exact: true }).inputValue()).toBe('#ff0000')
  await page.getByLabel('Short side').fill('120')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.locator('.badge[data-status="completed"]').waitFor()
  const { jobs: [changed] } = await hub.api.list()
  expect(changed!.id).not.toBe(body.id)
  const { input } = await hub.api.job(body.id)
  expect(changed!.input).toEqual({ ...(input as object), short_side: 120 })
})

test('a job of ffmpeg is changed in its short form', async () => {
  const source = await hub.api.upload(clip)
  const { body } = await hub.api.post('/api/jobs', { tool: 'ffmpeg', input: { input_url: source, output_format: 'mkv', args: ['-c', 'copy'] } })
  const { input } = await hub.api.ends(body.id)
  const { page } = await open(`new/ffmpeg?from=${body.id}`)
  await expect.poll(() => page.getByLabel('Args').inputValue()).toBe('-c copy')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.locator('.badge[data-status="completed"]').waitFor()
  expect((await hub.api.list()).jobs[0]!.input).toEqual(input)
})

test('a link whose query the hub hides is asked for again, and not taken for one', async () => {
  const { body } = await hub.api.post('/api/jobs', { tool: 'transcode', input: { source: 'http://127.0.0.1:9/film.mp4?token=secret', max_height: 240 } })
  await hub.api.request(`/api/jobs/${body.id}/cancel`, { method: 'POST' })
  await hub.api.ends(body.id)
  const { page } = await open(`new/transcode?from=${body.id}`)
  await page.getByText('give the link again').waitFor()
  expect(await page.getByLabel('Max height').inputValue()).toBe('240')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.getByText('Choose a file or give a link first').waitFor()
})

test('of an address that is still being typed nothing is said, and what cannot be read as JSON is not drawn over', async () => {
  const { page } = await open('new/watermark')
  await page.getByText('More settings').click()
  const planned = page.waitForResponse((response) => response.url().endsWith('/plan') && response.request().postData()?.includes('margin') === true)
  await page.getByLabel('Find', { exact: true }).fill('exam')
  await page.getByLabel('Margin').fill('0.1')
  expect((await planned).status()).toBe(200)
  expect(await page.locator('[aria-invalid="true"]').count()).toBe(0)
  // What the hub says of the form as it was before comes when this is typed.
  let letGo = () => {}
  const typed = new Promise<void>((resolve) => (letGo = resolve))
  await page.route('**/plan', (route) => typed.then(() => route.continue()))
  const isPlan = (request: Request) => request.url().endsWith('/plan')
  const asked = page.waitForRequest(isPlan)
  await page.getByLabel('Drop a file here, or choose one').setInputFiles(clip)
  await page.locator('.region-picture video').waitFor()
  await asked
  const over = Promise.race([page.waitForEvent('requestfinished', isPlan), page.waitForEvent('requestfailed', isPlan)])
  await page.getByLabel('Regions').fill('[{"x": 1')
  letGo()
  await over
  await draw(page.locator('.region-boxes'), { from: [0.5, 0.25], to: [0.75, 0.5] })
  expect(await page.getByLabel('Regions').inputValue()).toBe('[{"x": 1')
  await page.getByText('This is not valid JSON').waitFor()
})

test('the form of a job that is gone is as it is without one', async () => {
  const { page } = await open('new/transcode?from=NoSuchJobIsKnownHereAny', { expected: /404/ })
  await page.getByRole('button', { name: 'Start', exact: true }).waitFor()
})

test('what a job found is taken off by the next', async () => {
  const film = makeMedia(join(scratch, 'marked.mp4'), '-f', 'lavfi', '-i', 'mandelbrot=s=320x180:r=10:end_scale=0.01:end_pts=60', '-t', '4', '-vf', 'drawbox=x=220:y=130:w=70:h=30:color=white:t=fill', '-pix_fmt', 'yuv420p')
  const { body } = await hub.api.post('/api/jobs', { tool: 'watermark', input: { source: await hub.api.upload(film), mode: 'find' } })
  const { result } = await hub.api.ends(body.id)
  const { page } = await open(`jobs/${body.id}`)
  await page.getByRole('link', { name: 'Take it off' }).click()
  await page.getByLabel('Regions').waitFor()
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await page.locator('.badge[data-status="completed"]').waitFor()
  expect((await hub.api.list()).jobs[0]!.input).toMatchObject({ mode: 'remove', regions: (result as { regions: object[] }).regions })
})

interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
}

interface Tool {
  readonly name: string
  readonly presets: readonly { readonly name: string }[]
  readonly input: Schema
}

/** Those that a form shows, with what is in groups, but for the first source. */
function fieldsOf({ properties = {} }: Schema, path: readonly string[] = []): readonly string[] {
  return Object.entries(properties).filter(([name]) => path.length > 0 || !MAIN.has(name))
    .flatMap(([name, property]) => [[...path, name].join('.'), ...(property.type === 'object' ? fieldsOf(property, [...path, name]) : [])])
}

const MAIN = new Set(['source', 'sources', 'input_url', 'clips'])

async function draw(on: Locator, { from, to }: { readonly from: readonly [number, number]; readonly to: readonly [number, number] }): Promise<void> {
  await on.scrollIntoViewIfNeeded()
  const box = (await on.boundingBox())!
  const place = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const
  const { mouse } = on.page()
  await mouse.move(...place(from))
  await mouse.down()
  await mouse.move(...place(to), { steps: 4 })
  await mouse.up()
}

function open(address: string, options: PageOptions = {}): Promise<HubPage> {
  return browser.open(`${hub.url}/#/${address}`, { theme: 'light', ...options })
}
