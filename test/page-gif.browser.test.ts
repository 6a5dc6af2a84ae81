import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeFivePictures, makePicture, probeAnimation } from './gif-media.ts'
import { HubProcess } from './hub-process.ts'
import { expectAccessible, PageBrowser, screenshot } from './page.ts'
import { removeDirectory, temporaryDirectory } from './running-hub.ts'

let browser: PageBrowser
let hub: HubProcess
let scratch: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  browser = await PageBrowser.launch()
})
beforeEach(async () => {
  hub = await HubProcess.start({ REELTIME_LOG: 'errors', REELTIME_SANDBOX: 'off', REELTIME_SUBMITS_PER_MINUTE: '1000' })
})
afterEach(async () => {
  await browser.closePages()
  await hub.dispose()
})
afterAll(async () => {
  await browser?.close()
  await removeDirectory(scratch)
})

async function open(width: 'desk' | 'phone' = 'desk'): Promise<Page> {
  const opened = await browser.open(`${hub.url}/#/gif`, { width })
  await opened.page.getByText('Drop photos here').waitFor()
  return opened.page
}

/** As a person drops them, from outside. */
async function drop(page: Page, files: readonly string[]): Promise<void> {
  const given = files.map((file) => ({ name: basename(file), bytes: readFileSync(file).toString('base64') }))
  await page.evaluate((items) => {
    const data = new DataTransfer()
    for (const { name, bytes } of items) data.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name, { type: `image/${name.split('.').at(-1)!.replace('jpg', 'jpeg')}` }))
    const target = document.querySelector('main')!
    for (const type of ['dragenter', 'dragover', 'drop']) target.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }))
  }, given)
}

function names(page: Page): Promise<string[]> {
  return page.locator('.strip-name').allInnerTexts()
}

async function download(page: Page): Promise<Uint8Array> {
  const link = page.getByRole('link', { name: 'Download' })
  await link.waitFor({ timeout: 60_000 })
  return new Uint8Array(await (await fetch(hub.url + (await link.getAttribute('href'))!)).arrayBuffer())
}

test('five pictures of different sizes, dropped and put in order, become a GIF of one size with the delays that were set', async () => {
  const page = await open()
  await expectAccessible(page)
  await screenshot(page, 'gif-empty-light')
  await drop(page, makeFivePictures(scratch))
  await expect.poll(() => names(page)).toEqual(['red.png', 'green.jpg', 'blue.webp', 'yellow.bmp', 'violet.gif'])
  await page.getByRole('button', { name: 'Move blue.webp earlier' }).click()
  await page.getByRole('button', { name: 'Frame 5: violet.gif' }).press('Alt+ArrowLeft')
  expect(await names(page)).toEqual(['red.png', 'blue.webp', 'green.jpg', 'violet.gif', 'yellow.bmp'])
  await page.locator('.strip-card').first().dragTo(page.locator('.strip-card').nth(2), { targetPosition: { x: 100, y: 60 } })
  expect(await names(page)).toEqual(['blue.webp', 'green.jpg', 'red.png', 'violet.gif', 'yellow.bmp'])
  await page.getByLabel('Each frame, ms').fill('200')
  await page.getByLabel('Width, px').fill('240')
  await page.getByLabel('Height, px').fill('160')
  await page.getByRole('button', { name: 'Frame 2: green.jpg' }).click()
  await page.getByLabel('This frame, ms').fill('700')
  await page.getByLabel('Text on this frame').fill('Hello')
  // What is seen is the frame that was chosen, in the size that will be made.
  const canvas = page.getByRole('img', { name: 'Preview of the animation' })
  expect(await canvas.evaluate((element: HTMLCanvasElement) => [element.width, element.height, element.getContext('2d')!.getImageData(120, 30, 1, 1).data[1]! > 140])).toEqual([240, 160, true])
  await expectAccessible(page)
  await screenshot(page, 'gif-studio-light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await screenshot(page, 'gif-studio-dark')
  await page.getByRole('button', { name: 'Make it' }).click()
  const animation = probeAnimation(await download(page), { directory: scratch, demuxer: 'gif' })
  expect(animation).toEqual({ width: 240, height: 160, delays: [0.2, 0.7, 0.2, 0.2, 0.2] })
  await expect.poll(() => page.getByText(/^240 × 160, /).count()).toBe(1)
  await expectAccessible(page)
  await screenshot(page, 'gif-made-dark')
})

test('a part of a video, cut by hand, becomes a GIF, and on a phone everything is in reach', async () => {
  const film = makePicture(scratch, 'film.webm', 'testsrc2=s=320x180:r=12', '-t', '3', '-c:v', 'libvpx', '-b:v', '400k')
  const page = await open('phone')
  await page.locator('.gif-zone input').setInputFiles(film)
  await page.getByLabel('Start, s').fill('1')
  await page.getByLabel('Length, s').fill('1')
  await page.getByLabel('Frames per second').fill('10')
  await page.getByRole('switch', { name: 'Crop' }).check()
  for (const [label, value] of [['Crop left', '0'], ['Crop top', '0'], ['Crop width', '160'], ['Crop height', '180']] as const) await page.getByLabel(label, { exact: true }).fill(value)
  await page.getByLabel('Width, px').fill('80')
  await expectAccessible(page)
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  await screenshot(page, 'gif-film-phone-light')
  await page.getByRole('button', { name: 'Make it' }).click()
  const { width, height, delays } = probeAnimation(await download(page), { directory: scratch, demuxer: 'gif' })
  expect([width, height, delays.length]).toEqual([80, 90, 10])
})

test('a broken picture is named, and the others stay for another try', async () => {
  const [red, green] = makeFivePictures(scratch)
  const broken = join(scratch, 'broken.png')
  writeFileSync(broken, 'no picture')
  const page = await open()
  await page.locator('.gif-zone input').setInputFiles([red!, broken, green!])
  await page.getByRole('button', { name: 'Make it' }).click()
  await page.getByRole('alert').getByText('"broken.png" (sources[1])').waitFor({ timeout: 30_000 })
  await page.getByRole('button', { name: 'Remove broken.png' }).click()
  await page.getByRole('button', { name: 'Make it' }).click()
  expect(probeAnimation(await download(page), { directory: scratch, demuxer: 'gif' }).delays).toEqual([0.5, 0.5])
})
