import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NO_SANDBOX } from '../src/jobs/sandbox/sandbox.ts'
import { findSanjuuni } from '../src/jobs/sanjuuni-engine.ts'
import { encode, H264, picture, tone } from './frame-media.ts'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'
import { readVid32, soundOf } from './sanjuuni/decode-vid32.ts'

const SANJUUNI = process.env['REELTIME_SANJUUNI']
const installed = await findSanjuuni({ sanjuuniPath: SANJUUNI, pathVariable: process.env['PATH'] ?? '', sandbox: NO_SANDBOX })

let scratch: string
let hub: InnerHub

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), ...(SANJUUNI !== undefined && { REELTIME_SANJUUNI: SANJUUNI }) })
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

test.skipIf(!installed)('an installed sanjuuni makes a video of every frame, as large and fast as it is asked for', async () => {
  const film = encode(join(scratch, 'film.mp4'), [...picture('640x360', 30, 8), ...tone(8), ...H264])
  const input = { engine: 'sanjuuni', args: ['-3 -8'], width: 64, height: 36, fps: 10, dither: 'ordered' }
  const { body: { id } } = await hub.api.post('/api/jobs', { tool: 'sanjuuni', input: { source: await hub.api.upload(film), ...input } })
  const job = await hub.api.ends(id)
  expect(job).toMatchObject({ status: 'completed', result: { fps: 10, width: 64, height: 36, files: ['video.32vid'] } })
  const video = readVid32((await hub.api.download(id, 'video.32vid')).bytes)
  expect(video).toMatchObject({ columns: 32, rows: 12, rate: 10 })
  expect(video.chunks.filter(({ type }) => type === 0)).toHaveLength(80)
  expect(soundOf(video).length).toBeGreaterThan(7 * 48_000)
  expect((await hub.api.request('/health')).body.converters.sanjuuni).toEqual(installed && { source: installed.source })
})

test('one that is configured and does not run is said to be so, where it is asked for', async () => {
  const wrong = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'wrong'), REELTIME_SANJUUNI: '/bin/false' })
  const input = { source: 'http://example.com/a.mp4', engine: 'sanjuuni' }
  const { status, body } = await wrong.api.post('/api/jobs', { tool: 'sanjuuni', input })
  expect([status, body.code]).toEqual([422, 'missing_capability'])
  expect(JSON.stringify(body)).toContain('REELTIME_SANJUUNI does not name')
  await wrong.stop()
})
