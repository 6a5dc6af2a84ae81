import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { logOf, ScriptedHub } from '../../test/scripted-hub.ts'
import { HubClient } from '../client/index.ts'
import type { JobEvent } from '../jobs/job.ts'
import { framePlace } from './frame-place.ts'
import { httpFetch } from './http-fetch.ts'
import { saveFrames } from './save-frames.ts'

const FRAMES = Array.from({ length: 30 }, () => randomBytes(5000))
const SOUND = randomBytes(6000)
const MADE: readonly JobEvent[] = [
  { type: 'result', data: { result: { current_frames: FRAMES.length } } },
  { type: 'artifact', data: { artifact: {
    name: 'audio.dfpwm', size: SOUND.length, content_type: 'application/octet-stream', url: '/x',
    sha256: createHash('sha256').update(SOUND).digest('hex'),
  } } },
]
let hub: ScriptedHub
let directory: string
/** Bytes after which the next connections break. */
let breaks: number[]

beforeEach(async () => {
  breaks = []
  directory = await mkdtemp(join(tmpdir(), 'reeltime-'))
  hub = await new ScriptedHub(logOf(1).flatMap((event): JobEvent[] => event.type === 'new_logs' ? [event, ...MADE] : [event])).start()
  hub.answer = ({ url = '' }, response) => {
    if (url.endsWith('/artifacts/audio.dfpwm')) return response.end(SOUND) !== undefined
    const from = /framepack\?from=(\d+)/.exec(url)?.[1]
    if (from === undefined) return false
    const bytes = Buffer.concat([word(0xffff_ffff), entries(Number(from))])
    const limit = breaks.shift()
    if (limit === undefined) response.end(bytes)
    else response.write(bytes.subarray(0, limit), () => response.destroy())
    return true
  }
})

afterEach(async () => {
  await hub.stop()
  await rm(directory, { recursive: true })
})

test('a directory has each frame under its number and the sound beside, over connections that break', async () => {
  breaks = [12_000, 2, 60_000]
  const frames = join(directory, 'frames')
  expect(await save(`${frames}/`)).toBe(`30 frames, 150 kB  ${frames}/`)
  const names = (await readdir(frames)).toSorted()
  expect(names).toEqual(['audio.dfpwm', ...FRAMES.map((_, index) => `frame_${String(index + 1).padStart(6, '0')}.png`)])
  const files = await Promise.all(names.slice(1).map((name) => readFile(join(frames, name))))
  expect(files.every((file, index) => file.equals(FRAMES[index]!))).toBe(true)
  expect((await readFile(join(frames, 'audio.dfpwm'))).equals(SOUND)).toBe(true)
})

test('a pack has the count, each frame behind its size, and the sound beside it', async () => {
  breaks = [12_000, 2, 60_000]
  const file = join(directory, 'clip.pack')
  await save(file)
  expect((await readFile(file)).equals(Buffer.concat([word(FRAMES.length), entries(1)]))).toBe(true)
  expect((await readdir(directory)).toSorted()).toEqual(['clip.audio.dfpwm', 'clip.pack'])
})

test('a pack that is not finished leaves nothing, and what had its name before stays', async () => {
  const file = join(directory, 'clip.pack')
  await writeFile(file, 'of before')
  const place = await framePlace(file, 'png')
  await place.begin()
  await place.put({ number: 1, bytes: new Uint8Array(10) })
  await place.close()
  expect(await readdir(directory)).toEqual(['clip.pack'])
  expect(await readFile(file, 'utf8')).toBe('of before')
})

test.each([['jpeg', 'jpg'], ['webp', 'webp'], ['raw', 'raw']] as const)('frames of %s are called .%s', async (format, extension) => {
  const place = await framePlace(directory, format)
  await place.put({ number: 12, bytes: new Uint8Array(10) })
  expect(await readdir(directory)).toEqual([`frame_000012.${extension}`])
})

test('what is neither a directory nor a pack is refused before a job runs', async () => {
  await writeFile(join(directory, 'file'), '')
  for (const output of [undefined, 'clip.mp4', join(directory, 'none', 'frames'), join(directory, 'file')]) {
    await expect(framePlace(output, 'png')).rejects.toMatchObject({ name: 'UsageError' })
  }
})

async function save(output: string): Promise<string> {
  const place = await framePlace(output, 'png')
  const job = new HubClient({ url: hub.url, fetch: httpFetch }).job('job')
  const summary = await saveFrames(job, place, { signal: new AbortController().signal, patienceMs: 10_000, onFrame: () => undefined })
  await place.finish()
  await place.close()
  return summary
}

function entries(from: number): Buffer {
  return Buffer.concat(FRAMES.slice(from - 1).flatMap((frame) => [word(frame.length), frame]))
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
