import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type * as Client from '../src/client/index.ts'
import { HubProcess, makeClip } from './hub-process.ts'

const DIST = fileURLToPath(new URL('../dist/', import.meta.url))
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => existsSync(file))
let hub: HubProcess
let browser: Browser
let page: Page
let clip: string

beforeAll(async () => {
  if (!CHROMIUM) throw new Error('there is no chromium; apt-get install chromium')
  hub = await HubProcess.start()
  clip = join(hub.directory, 'clip.mp4')
  await makeClip(clip, 3)
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  // What the hub serves may load nothing; here it stands in for an application's page.
  page = await browser.newPage({ bypassCSP: true })
  // The built modules, as they are, on the hub's own origin.
  await page.route(`${hub.url}/sdk/**`, async (route) => {
    const file = new URL(route.request().url()).pathname.replace('/sdk/', '')
    await route.fulfill({ contentType: 'text/javascript', body: await readFile(join(DIST, file)) })
  })
  // The page itself has to come from the hub: one made here may not open a WebSocket to this machine.
  await page.goto(`${hub.url}/health`)
  await page.addScriptTag({ type: 'module', content: 'import * as client from "/sdk/client/index.js"; globalThis.reeltime = client' })
  await page.waitForFunction('globalThis.reeltime !== undefined')
})

afterAll(async () => {
  await browser?.close()
  await hub?.dispose()
})

test('in a browser a file is sent with its progress, and its job followed by every transport to the same end', async () => {
  const bytes = await readFile(clip)
  const outcome = await page.evaluate(async ({ url, base64 }) => {
    const { HubClient } = (globalThis as unknown as Loaded).reeltime
    const client = new HubClient({ url })
    const sent: number[] = []
    const file = new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))])
    const { source, size } = await client.upload('clip.mp4', file, { onProgress: (count) => sent.push(count) })
    const job = await client.submit('ffmpeg', { inputs: [{ source }], outputs: [{ format: 'mp3' }] })
    const follow = async (transport: 'sse' | 'websocket' | 'poll') => {
      const offsets: string[] = []
      const used = new Set<string>()
      const events = client.job(job.id).events({ transport, onConnection: (state, detail) => used.add(`${state} ${detail.transport}`) })
      for await (const { offset } of events) if (offset !== undefined) offsets.push(offset)
      return { offsets, used: [...used] }
    }
    const followed = await Promise.all([follow('sse'), follow('websocket'), follow('poll')])
    const { status, artifacts } = await job.done()
    const body = await (await job.download()).arrayBuffer()
    return { sent, size, followed, status, expected: artifacts[0]?.size, downloaded: body.byteLength }
  }, { url: hub.url, base64: bytes.toString('base64') })
  expect(outcome).toMatchObject({ status: 'completed', size: bytes.length, downloaded: outcome.expected })
  expect(outcome.sent[0]).toBe(0)
  expect(outcome.sent.at(-1)).toBe(bytes.length)
  expect(outcome.followed[0]?.offsets.length).toBeGreaterThan(5)
  for (const [index, transport] of ['sse', 'websocket', 'poll'].entries()) {
    expect(outcome.followed[index]?.offsets).toEqual(outcome.followed[0]?.offsets)
    expect(outcome.followed[index]?.used).toContain(`live ${transport}`)
  }
})

test('in a browser what the hub refuses is a problem with all it said', async () => {
  const problem = await page.evaluate(async (url) => {
    const { HubClient, HubProblem } = (globalThis as unknown as Loaded).reeltime
    const client = new HubClient({ url })
    const errors = await Promise.all([
      client.submit('giff', {}).catch((error: unknown) => error),
      client.upload('empty', new Blob([])).catch((error: unknown) => error),
      client.job('V1StGXR8_Z5jdHi6B-myT').done({ transport: 'websocket' }).catch((error: unknown) => error),
    ])
    return errors.map((error) => error instanceof HubProblem ? { status: error.status, code: error.code } : String(error))
  }, hub.url)
  expect(problem).toEqual([
    { status: 404, code: 'tool_not_found' }, { status: 400, code: expect.any(String) as string }, { status: 404, code: 'job_not_found' },
  ])
})

interface Loaded {
  readonly reeltime: typeof Client
}
