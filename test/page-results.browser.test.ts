import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { FramePackParser } from '../src/client/frame-pack-parser.ts'
import { drawCells } from '../src/tools/sanjuuni/draw-cells.ts'
import { decodeCells } from '../src/tools/sanjuuni/formats/cells.ts'
import { HubApi } from './hub-api.ts'
import { HubProcess } from './hub-process.ts'
import { pacedFfmpeg } from './media.ts'
import { expectAccessible, type HubPage, PageBrowser, screenshot } from './page.ts'

let browser: PageBrowser
let hub: HubProcess
let api: HubApi
let media: string
let source: string

beforeAll(async () => {
  media = await mkdtemp(join(tmpdir(), 'page-media-'))
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=10:d=4', '-f', 'lavfi', '-i', 'sine=d=4', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', join(media, 'clip.mp4')])
  browser = await PageBrowser.launch()
})
beforeEach(() => start())
afterEach(async () => {
  await browser.closePages()
  await hub.dispose()
})
afterAll(async () => {
  await browser?.close()
  await rm(media, { recursive: true, force: true })
})

test('frames of a ComputerCraft screen are drawn cell by cell as the game would, letters too, and are played and sought with their sound', async () => {
  const subtitles = (await upload('words.srt', Buffer.from('1\n00:00:00,000 --> 00:00:04,000\nHHHH\n'))).source
  const id = await submitted('sanjuuni', { source, subtitles, output_format: '32vid', width: 64, height: 36, fps: 5 })
  const { status, result } = await api.ends(id)
  expect([status, result['current_frames']]).toEqual(['completed', 20])
  const { page } = await open(`jobs/${id}`)
  await page.getByRole('img', { name: 'Frame 1 of 20' }).waitFor()
  await expectCanvasShows(page, id, 1)

  await page.getByRole('slider', { name: 'Frame' }).fill('13')
  await page.getByRole('img', { name: 'Frame 13 of 20' }).waitFor()
  await expectCanvasShows(page, id, 13)

  await page.getByRole('button', { name: 'Sound' }).click()
  await page.getByRole('button', { name: 'Play', exact: true }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  await page.getByRole('img', { name: 'Frame 20 of 20' }).waitFor()
  await page.getByRole('button', { name: 'Play', exact: true }).waitFor()
  await expectCanvasShows(page, id, 20)
  await expectAccessible(page)
  await screenshot(page, 'job-cells-light')
})

test('frames are drawn while they are made', async () => {
  await hub.dispose()
  await start({ REELTIME_FFMPEG: pacedFfmpeg(media) })
  const id = await submitted('sanjuuni', { source, output_format: '32vid', width: 64, height: 36, fps: 5 })
  const { page } = await open(`jobs/${id}`, { motion: 'no-preference' })
  const screen = page.getByRole('img', { name: /^Frame [1-9]\d* of/ })
  await screen.waitFor()
  expect((await api.job(id)).status).toBe('running')
  await page.getByRole('img', { name: 'Frame 20 of 20' }).waitFor()
  await expectCanvasShows(page, id, 20)
})

test('a picture that the browser began before its player was there asks for no frame before the first', async () => {
  await hub.dispose()
  await start({ REELTIME_FFMPEG: pacedFfmpeg(media) })
  const { page } = await open('', { motion: 'no-preference' })
  const asked: (string | null)[] = []
  page.on('request', (request) => request.url().includes('/framepack') && asked.push(new URL(request.url()).searchParams.get('from')))
  await page.evaluate(() => {
    const next = window.requestAnimationFrame.bind(window)
    window.requestAnimationFrame = (draw) => next((now) => draw(now - 100))
  })
  const id = await submitted('sanjuuni', { source, output_format: '32vid', width: 64, height: 36, fps: 5 })
  await page.evaluate((address) => location.assign(address), `#/jobs/${id}`)
  await page.getByRole('img', { name: /^Frame [1-9]\d* of/ }).waitFor()
  expect(asked[0]).toBe('1')
  await api.ends(id)
})

test('frames of a film are a strip, many pictures are a gallery, and each can be used as input', async () => {
  const frames = await submitted('video_frame', { source, fps: 2, width: 80, sound: false })
  await api.ends(frames)
  const outputs = Array.from({ length: 5 }, (_, index) => ({ format: 'png', args: ['-ss', String(index * 0.5)], name: `still-${index}.png` }))
  const pictures = await submitted('ffmpeg', { inputs: [{ source }], outputs })
  await api.ends(pictures)

  const { page } = await open(`jobs/${frames}`)
  await expect.poll(() => page.getByRole('list', { name: 'Frames' }).locator('img').evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth))).toEqual(Array.from({ length: 8 }, () => 80))
  await expectAccessible(page)
  await screenshot(page, 'job-frames-light')
  // With the other view's stylesheet behind its own.
  await page.goto(`${hub.url}/#/gif`)
  await page.getByRole('heading', { name: 'GIF studio' }).waitFor()
  await page.goto(`${hub.url}/#/jobs/${frames}`)
  const shown = page.getByRole('list', { name: 'Frames' }).locator('img')
  await shown.last().waitFor()
  expect(await shown.evaluateAll((images) => new Set(images.map((image) => image.getBoundingClientRect().top)).size)).toBe(1)

  await page.goto(`${hub.url}/#/jobs/${pictures}`)
  await expect.poll(() => page.locator('.gallery img').evaluateAll((images) => images.filter((image) => (image as HTMLImageElement).naturalWidth === 320).length)).toBe(5)
  await expectAccessible(page)
  await screenshot(page, 'job-gallery-light')
  await page.getByRole('link', { name: 'Use as input: still-3.png' }).click()
  await expect.poll(() => page.getByLabel('or a link, an upload or a result of another job').inputValue()).toBe(`job:${pictures}/still-3.png`)
})

test('a film has a poster, and one that this browser does not play says so and keeps its picture', async () => {
  const plain = await submitted('transcode', { source })
  const matroska = await submitted('ffmpeg', { inputs: [{ source }], outputs: [{ format: 'avi', args: ['-c:v', 'mpeg4', '-an'] }] })
  for (const id of [plain, matroska]) expect((await api.ends(id)).status).toBe('completed')
  const { page } = await open(`jobs/${plain}`)
  const poster = page.locator('video').first()
  await poster.waitFor()
  const response = await fetch(new URL(await poster.getAttribute('poster') ?? '', hub.url))
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
  await page.goto(`${hub.url}/#/jobs/${matroska}`)
  await page.getByText('This browser does not play that kind of file.').waitFor()
  await page.getByRole('img', { name: 'output.avi' }).waitFor()
  await page.getByRole('link', { name: 'Download: output.avi' }).waitFor()
})

/** Each pixel of each block of cells that draw pictures, and for letters that their cell has both of its colours. */
async function expectCanvasShows(page: Page, id: string, number: number): Promise<void> {
  const response = await fetch(`${hub.url}/api/jobs/${id}/framepack?from=${number}&count=1`)
  const [bytes] = new FramePackParser().push(new Uint8Array(await response.arrayBuffer()))
  const frame = decodeCells(bytes!)
  const [screen] = frame.screens
  const { columns, rows, characters, colors } = screen!
  const drawing = drawCells(frame)
  const { width, height, data } = await page.locator('canvas.cells').evaluate((canvas: HTMLCanvasElement) => {
    const { width, height, data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
    return { width, height, data: Array.from(data) }
  })
  expect([width, height]).toEqual([columns * 6, rows * 9])
  let letters = 0
  const wrong: string[] = []
  for (let cell = 0; cell < columns * rows; cell++) {
    const [left, top] = [(cell % columns) * 6, Math.floor(cell / columns) * 9]
    const isLetter = characters[cell]! < 0x80 || characters[cell]! >= 0xa0
    const painted = new Set<string>()
    for (let y = 0; y < 9; y++) {
      for (let x = 0; x < 6; x++) {
        const at = ((top + y) * width + left + x) * 4
        const color = data.slice(at, at + 3).join()
        painted.add(color)
        const block = (Math.floor((top + y) / 3) * drawing.width + Math.floor((left + x) / 3)) * 3
        if (!isLetter && color !== [...drawing.rgb.subarray(block, block + 3)].join()) wrong.push(`${cell}: ${x},${y} is ${color}`)
      }
    }
    if (isLetter && characters[cell] === 'H'.charCodeAt(0) && colors[cell]! >> 4 !== (colors[cell]! & 15)) letters += painted.size === 2 ? 1 : 100
  }
  expect(wrong).toEqual([])
  expect(letters).toBe(characters.includes('H'.charCodeAt(0)) ? 4 : 0)
}

async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  hub = await HubProcess.start({ REELTIME_LOG: 'errors', REELTIME_SANDBOX: 'off', ...settings })
  api = new HubApi(hub.url)
  source = (await upload('clip.mp4', await readFile(join(media, 'clip.mp4')))).source
}

async function upload(name: string, bytes: Uint8Array): Promise<{ readonly source: string }> {
  return (await api.request(`/api/uploads/${name}`, { method: 'PUT', body: new Uint8Array(bytes) })).body
}

async function submitted(tool: string, input: object): Promise<string> {
  const { status, body } = await api.post('/api/jobs', { tool, input })
  expect([status, body.detail]).toEqual([202, undefined])
  return body.id
}

async function open(address: string, options: { readonly motion?: 'no-preference' } = {}): Promise<HubPage> {
  return browser.open(`${hub.url}/#/${address}`, { theme: 'light', ...options })
}
