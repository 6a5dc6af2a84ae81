import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeFivePictures, probeAnimation } from './gif-media.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

let scratch: string
let hub: InnerHub
let pictures: string[]

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_CONCURRENCY: '2' })
  pictures = makeFivePictures(scratch)
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

function post(files: readonly (readonly [name: string, body: Uint8Array])[], { fields = {}, query = '', accept = 'text/html' } = {}): Promise<Response> {
  const form = new FormData()
  for (const [name, body] of files) form.append('photo', new Blob([new Uint8Array(body)]), name)
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value))
  return fetch(`${hub.url}/gif${query}`, { method: 'POST', body: form, headers: { accept } })
}

function files() {
  return pictures.map((file) => [basename(file), readFileSync(file)] as const)
}

test('the page has a form that sends photos, under a policy that lets it go to the hub alone', async () => {
  const response = await fetch(`${hub.url}/gif`)
  const text = await response.text()
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
  expect(text).toMatch(/<form [^>]*method="post" action="\/gif" enctype="multipart\/form-data">/)
  expect(text).toMatch(/<input [^>]*type="file" name="photo" multiple/)
  expect(response.headers.get('content-security-policy')).toContain("form-action 'self'")
})

test('photos are answered with a page that links to the GIF, which comes as an attachment', async () => {
  const response = await post(files(), { fields: { width: 80, height: 60, delay_ms: 150, loop: 0 } })
  const link = /href="(\/download\/[^"/]+\.gif)"/.exec(await response.text())?.[1]
  expect([response.status, link]).toEqual([200, expect.any(String)])
  const gif = await fetch(hub.url + link)
  expect([gif.status, gif.headers.get('content-type')]).toEqual([200, 'image/gif'])
  expect(gif.headers.get('content-disposition')).toBe(`attachment; filename="${link!.slice('/download/'.length)}"`)
  const animation = probeAnimation(new Uint8Array(await gif.arrayBuffer()), { directory: scratch, demuxer: 'gif' })
  expect(animation).toEqual({ width: 80, height: 60, delays: Array(5).fill(0.15) })
})

test('who asks for JSON gets it, and a tenth of a second for each photo unless told', async () => {
  const byHeader = await (await post(files().slice(0, 2), { accept: 'application/json' })).json()
  expect(byHeader).toEqual({ status: 'success', file_id: expect.any(String), download_url: `/download/${byHeader.file_id}.gif` })
  const byQuery = await post(files().slice(0, 2), { query: '?json=1', fields: { fps: 4, order: 'name' } })
  const { download_url } = await byQuery.json()
  const read = async (url: string) => probeAnimation(new Uint8Array(await (await fetch(hub.url + url)).arrayBuffer()), { directory: scratch, demuxer: 'gif' })
  // By name green.jpg stands before red.png.
  expect(await read(download_url)).toEqual({ width: 200, height: 300, delays: [0.25, 0.25] })
  expect((await read(byHeader.download_url)).delays).toEqual([0.1, 0.1])
})

test('a broken photo is named, on a page that shows its name as text and in JSON', async () => {
  const broken = ['<b>cat</b>.png', Buffer.from('no picture')] as const
  const page = await post([files()[0]!, broken])
  const html = await page.text()
  expect([page.status, html.includes('<b>cat')]).toEqual([400, false])
  expect(html).toContain('sources[1]')
  const json = await post([files()[0]!, ['cat.png', broken[1]]], { accept: 'application/json' })
  const body = await json.json()
  expect([json.status, body.status, body.code]).toEqual([400, 'error', 'invalid_input'])
  expect(body.error).toContain('"cat.png" (sources[1])')
})

test('no photo, a number that is none and a file that is none are refused in the dialect', async () => {
  const asked = async (response: Response) => [response.status, (await response.json()).error]
  expect(await asked(await post([], { query: '?json=1', fields: { width: 3 } }))).toEqual([400, expect.stringContaining('no photo')])
  expect(await asked(await post(files().slice(0, 1), { query: '?json=1', fields: { width: 'wide' } }))).toEqual([400, expect.stringContaining('width: "wide" is no number')])
  expect(await asked(await post(files().slice(0, 1), { query: '?json=1', fields: { width: 99_999 } }))).toEqual([400, expect.stringContaining('width')])
  const missing = await fetch(`${hub.url}/download/nobody.gif?json=1`)
  expect([missing.status, (await missing.json()).status]).toEqual([404, 'error'])
})
