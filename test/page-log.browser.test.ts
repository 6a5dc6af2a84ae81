import { chmodSync, writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HubApi } from './hub-api.ts'
import { HubProcess } from './hub-process.ts'
import { brief, makeTone } from './media.ts'
import { openBrowser, openPage } from './page.ts'

const LINES = 30_000

let browser: Browser
let hub: HubProcess
let api: HubApi
let media: string

beforeAll(async () => {
  media = await mkdtemp(join(tmpdir(), 'page-media-'))
  hub = await HubProcess.start({ REELTIME_LOG: 'errors', REELTIME_SANDBOX: 'off', REELTIME_FFMPEG: talkativeFfmpeg() })
  api = new HubApi(hub.url)
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await hub?.dispose()
  await rm(media, { recursive: true, force: true })
})

/** Says all its lines within some seconds, every hundredth a warning and every thousandth an error, and fails. */
function talkativeFfmpeg(): string {
  const file = join(media, 'talkative-ffmpeg')
  writeFileSync(file, `#!/bin/sh
case " $* " in *" -i "*) ;; *) exec ffmpeg "$@" ;; esac
from=1
while [ $from -lt ${LINES} ]; do
  seq $from $((from + 999)) | sed -E 's/^(.*000)$/[error] line \\1 is bad/; t; s/^(.*00)$/[warning] line \\1 is odd/; t; s/^/[info] line /' >&2
  from=$((from + 1000))
  sleep 0.05
done
exit 1
`)
  chmodSync(file, 0o755)
  return file
}

test('a long log is whole and in order, however it is looked at, and only the lines in sight are on the page', async () => {
  const { body } = await api.request('/api/uploads/tone.wav', { method: 'PUT', body: await readFile(makeTone(media)) })
  const id = await api.accepted(brief(body.source))
  const { page, complaints, close } = await openPage(browser, `${hub.url}/#/jobs/${id}`)
  const log = page.getByRole('log')
  // The command that was run is the first line.
  const total = (LINES + 1).toLocaleString('en')
  await page.getByText(`${total} of ${total} lines`).waitFor()
  await expect.poll(async () => (await linesInSight(page)).at(-1)).toEqual({ number: LINES + 1, text: `line ${LINES} is bad` })

  for (const top of [0, 123_456, 400_010, 0]) {
    await log.evaluate((element, to) => { element.scrollTop = to }, top)
    const first = Math.floor(top / 20) + 1
    await expect.poll(async () => (await linesInSight(page)).some(({ number }) => number === first)).toBe(true)
    const shown = await linesInSight(page)
    expect(shown.length).toBeLessThan(60)
    expect(shown.map(({ number }) => number)).toEqual(shown.map((_, index) => shown[0]!.number + index))
    for (const { number, text } of shown.filter((line) => line.number > 1)) expect(text).toMatch(new RegExp(`^line ${number - 1}( is (odd|bad))?$`))
  }
  await page.getByRole('button', { name: 'Follow', pressed: false }).waitFor()

  await page.getByLabel('Search the log').fill('LINE 2999')
  await page.getByText(`11 of ${total} lines`).waitFor()
  expect((await linesInSight(page)).map(({ text }) => text)).toEqual(['line 2999', ...Array.from({ length: 10 }, (_, index) => `line ${29_990 + index}`)])
  await page.getByLabel('Search the log').fill('')
  await page.getByRole('button', { name: 'Warnings' }).click()
  await page.getByText(`${LINES / 100} of ${total} lines`).waitFor()
  await page.getByRole('button', { name: 'Errors' }).click()
  await page.getByText(`${LINES / 1000} of ${total} lines`).waitFor()
  const errors = (await linesInSight(page)).map(({ text }) => text)
  expect(errors).toEqual(Array.from({ length: errors.length }, (_, index) => `line ${(index + 1) * 1000} is bad`))
  expect(errors.length).toBeGreaterThanOrEqual(18)
  await page.getByRole('button', { name: 'All', exact: true }).click()
  await page.getByRole('button', { name: 'Follow' }).click()
  await expect.poll(async () => (await linesInSight(page)).at(-1)?.number).toBe(LINES + 1)
  expect(complaints).toEqual([])
  await close()
})

/** Those on the page, in the order in which they stand there. */
function linesInSight(page: Page): Promise<{ number: number; text: string }[]> {
  return page.locator('.log-line').evaluateAll((rows) => rows.map((row) => ({ top: row.getBoundingClientRect().top, number: Number(row.children[0]?.textContent), text: row.children[1]?.textContent ?? '' }))
    .sort((a, b) => a.top - b.top).map(({ number, text }) => ({ number, text })))
}
