import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeDirectory, startInnerHub, temporaryDirectory, type InnerHub } from './running-hub.ts'

const [WIDTH, HEIGHT] = [200, 100]

let scratch: string
let hub: InnerHub
let song: string
let silent: string

beforeAll(async () => {
  scratch = await temporaryDirectory()
  hub = await startInnerHub({ REELTIME_DATA_DIR: join(scratch, 'data'), REELTIME_CONCURRENCY: '2' })
  // Loud on the left in its first half, and on the right in its second.
  song = await hub.api.upload(make('song.wav', '-f', 'lavfi', '-i', "aevalsrc='0.9*sin(2*PI*440*t)*lt(t,1)|0.9*sin(2*PI*440*t)*gte(t,1)':d=2:s=44100"))
  silent = await hub.api.upload(make('silent.mp4', '-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=10:d=1', '-pix_fmt', 'yuv420p'))
})
afterAll(async () => {
  await hub.stop()
  await removeDirectory(scratch)
})

function make(name: string, ...args: readonly string[]): string {
  const file = join(scratch, name)
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, file])
  return file
}

/** The picture's pixels, four bytes each. */
async function drawn(input: object): Promise<Buffer> {
  const { status, body } = await hub.api.post('/api/jobs', { tool: 'waveform', input: { width: WIDTH, height: HEIGHT, ...input } })
  expect([status, body.detail]).toEqual([202, undefined])
  const job = await hub.api.ends(body.id)
  expect([job.status, job.error?.message, job.artifacts[0]?.content_type]).toEqual(['completed', undefined, 'image/png'])
  const file = join(scratch, `${job.id}.png`)
  writeFileSync(file, (await hub.api.download(job.id, 'waveform.png')).bytes)
  const rgba = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-pix_fmt', 'rgba', '-f', 'rawvideo', '-'])
  expect(rgba.length).toBe(WIDTH * HEIGHT * 4)
  return rgba
}

/** How many pixels of that part of the picture are wave. */
function waveIn(rgba: Buffer, { columns, rows }: { columns: [number, number]; rows: [number, number] }): number {
  let count = 0
  for (let y = rows[0]; y < rows[1]; y++) for (let x = columns[0]; x < columns[1]; x++) if (rgba[(y * WIDTH + x) * 4 + 3]! > 128) count++
  return count
}

test('the wave has the colour asked for, and all else is clear', async () => {
  const rgba = await drawn({ source: song, color: '#ff8000' })
  const middle = ((HEIGHT / 2) * WIDTH + WIDTH / 4) * 4
  expect([...rgba.subarray(middle, middle + 3)]).toEqual([255, 128, 0])
  expect(waveIn(rgba, { columns: [0, WIDTH], rows: [0, 5] })).toBe(0)
})

test('each channel has its own wave where that is asked for', async () => {
  const rgba = await drawn({ source: song, split_channels: true })
  const [first, second]: [[number, number], [number, number]] = [[5, WIDTH / 2 - 5], [WIDTH / 2 + 5, WIDTH - 5]]
  const [upper, lower]: [[number, number], [number, number]] = [[0, HEIGHT / 2], [HEIGHT / 2, HEIGHT]]
  expect(waveIn(rgba, { columns: first, rows: upper })).toBeGreaterThan(10 * waveIn(rgba, { columns: second, rows: upper }))
  expect(waveIn(rgba, { columns: second, rows: lower })).toBeGreaterThan(10 * waveIn(rgba, { columns: first, rows: lower }))
})

test('a colour that is none is refused, and a film without sound fails and says why', async () => {
  const refused = await hub.api.post('/api/jobs', { tool: 'waveform', input: { source: song, color: 'red' } })
  expect([refused.status, refused.body.errors[0].path]).toEqual([400, 'color'])
  const { body } = await hub.api.post('/api/jobs', { tool: 'waveform', input: { source: silent } })
  expect((await hub.api.ends(body.id)).error).toMatchObject({ code: 'invalid_input', message: 'source: has no sound' })
})
