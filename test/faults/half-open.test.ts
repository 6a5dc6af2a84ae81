import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { brief, makeTone } from '../media.ts'
import { removeDirectory, startHubProcess, temporaryDirectory } from '../running-hub.ts'
import { faultDirectory } from './fault-directory.ts'
import { heldSource } from './held-source.ts'
import { assertInvariants, downloadWhole, measure } from './oracle.ts'
import { ffmpegThatFloods } from './programs.ts'
import { rounds } from './rounds.ts'

const CLIENT = fileURLToPath(new URL('silent-client.mjs', import.meta.url))
const READERS = 100
const TRANSFERS = 20
const FLOOD_S = 0.2

let scratch: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
})
afterAll(() => removeDirectory(scratch))

// The limits that let them go are half a minute and a minute.
test.skipIf(rounds({ fast: 1, all: 0 }) > 0)('of a client that hangs with all it has open, readers, uploads and downloads are released within 90 s (FT-20)', async () => {
  const dataDirectory = await faultDirectory()
  const ffmpeg = ffmpegThatFloods(scratch, { lines: 200_000, seconds: FLOOD_S })
  const hub = await startHubProcess(dataDirectory, { REELTIME_FFMPEG: ffmpeg, REELTIME_FETCH_ALLOW: '127.0.0.1' })
  onTestFinished(() => void hub.end('SIGKILL'))
  const tone = makeTone(scratch)
  const source = await hub.api.upload(tone)
  const large = await hub.api.accepted({ ...brief(source), args: ['-ar', '48000', '-ac', '2'] })
  await hub.api.ends(large)
  const before = await measure(hub.child.pid!)
  const { url, letGo } = await heldSource(tone)
  const followed = await hub.api.accepted(brief(url, FLOOD_S))
  const artifact = `/api/jobs/${large}/artifacts/output.wav`
  const client = spawn(process.execPath, [CLIENT, new URL(hub.api.url).port, followed, artifact, String(READERS), String(TRANSFERS)], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void client.kill('SIGKILL'))
  await once(client.stdout, 'data')
  client.kill('SIGSTOP')
  expect((await hub.api.request('/health')).body.readers).toBe(2 * READERS)
  letGo()
  const hangsSince = performance.now()
  await vi.waitFor(async () => {
    expect((await hub.api.request('/health')).body.readers).toBe(0)
    expect(readdirSync(join(dataDirectory, 'uploads'))).toHaveLength(1)
    expect((await measure(hub.child.pid!)).descriptors - before.descriptors).toBeLessThanOrEqual(10)
  }, { timeout: 90_000, interval: 500 })
  console.log(`released after ${Math.round((performance.now() - hangsSince) / 1000)} s`)
  // ffprobe takes only the beginning of so large a file, and who pipes it in is told so.
  await downloadWhole(hub.api, await hub.api.job(large))
  await assertInvariants({ hub, accepted: [followed], dataDirectory, before })
})
