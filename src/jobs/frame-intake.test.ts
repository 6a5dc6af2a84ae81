import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FramePack } from '../streams/frame-pack.ts'
import type { FrameOutput } from '../tools/tool.ts'
import { FrameCutShortError, FrameIntake } from './frame-intake.ts'
import { OutputMissingError } from './job-failure.ts'

/** Raw frames of 2x1 pixels are six bytes. */
const OUTPUT: FrameOutput = { format: 'raw', width: 2, height: 1, framesPerSecond: 10, expectedFrames: null }

let directory: string
let pack: FramePack
let counts: number[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-intake-'))
  await reopen()
})
afterEach(async () => {
  await pack.close()
  await rm(directory, { recursive: true })
})

async function reopen(): Promise<void> {
  pack = await FramePack.openToWrite(join(directory, 'frames.pack'))
}

function intake(): FrameIntake {
  counts = []
  return new FrameIntake(pack, OUTPUT, { onFrames: (count) => counts.push(count) })
}

const bytes = (...frames: number[]) => Buffer.concat(frames.map((frame) => Buffer.alloc(6, frame)))
const numbers = async () => Promise.all(Array.from({ length: pack.count }, async (_, index) => (await pack.frame(index + 1))?.[0]))

async function attempt(...frames: number[]): Promise<void> {
  const one = intake()
  await one.take(bytes(...frames))
  await one.finish()
}

test('frames are there, and told of, with the chunk that ends them', async () => {
  const one = intake()
  await one.take(bytes(1, 2).subarray(0, 11))
  await one.stored()
  expect([pack.count, counts]).toEqual([1, [1]])
  await one.take(Buffer.concat([bytes(2).subarray(5), bytes(3)]))
  await one.finish()
  expect([await numbers(), counts.at(-1)]).toEqual([[1, 2, 3], 3])
})

test('chunks that come while others are being taken follow them', async () => {
  const one = intake()
  const taken = [bytes(1, 2), bytes(3, 4, 5).subarray(0, 9), bytes(3, 4, 5).subarray(9)].map((chunk) => one.take(chunk))
  await one.finish()
  await Promise.all(taken)
  expect(await numbers()).toEqual([1, 2, 3, 4, 5])
})

test('a frame that comes after a pause is stored at once, frames on its heels together', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  try {
    const one = intake()
    for (const frame of [1, 2, 3]) void one.take(bytes(frame))
    await vi.waitUntil(() => counts.length === 1, { interval: 0 })
    for (const frame of [4, 5]) void one.take(bytes(frame))
    vi.advanceTimersByTime(14)
    expect(counts).toEqual([1])
    vi.advanceTimersByTime(1)
    await one.finish()
    expect([await numbers(), counts]).toEqual([[1, 2, 3, 4, 5], [1, 5, 5]])
  } finally {
    vi.useRealTimers()
  }
})

test('a second attempt keeps the frames that it makes again, tells of them, and adds the rest', async () => {
  const first = intake()
  await first.take(bytes(1, 2, 3))
  await first.stored()
  await pack.close()
  await reopen()
  const again = intake()
  await again.take(bytes(1, 2))
  await again.stored()
  expect([await numbers(), counts, again.made]).toEqual([[1, 2, 3], [3], 2])
  await again.take(bytes(3, 4))
  await again.finish()
  expect(await numbers()).toEqual([1, 2, 3, 4])
})

test('from the frame on that comes out differently, the earlier attempt is forgotten', async () => {
  await attempt(1, 2, 3, 4)
  await attempt(1, 9, 3)
  expect(await numbers()).toEqual([1, 9, 3])
})

test('frames that a shorter second attempt has not made are let go at its end and not before', async () => {
  await attempt(1, 2, 3)
  const shorter = intake()
  await shorter.take(bytes(1))
  await shorter.stored()
  expect(pack.count).toBe(3)
  await shorter.finish()
  expect([await numbers(), counts.at(-1)]).toEqual([[1], 1])
})

test('an encoder runs ahead of the disk by some megabytes, and then waits for it', async () => {
  const one = new FrameIntake(pack, { ...OUTPUT, width: 1024, height: 1024 }, { onFrames: () => {} })
  const frame = Buffer.alloc(3 * 2 ** 20, 7)
  await one.take(frame)
  const storedAtOnce = pack.count
  await one.take(frame)
  expect([storedAtOnce, pack.count]).toEqual([0, 2])
})

test('what stands in the way of storing a frame is told with the next chunk, and at the end', async () => {
  const one = intake()
  await pack.close()
  await one.take(bytes(1))
  await expect(one.stored()).rejects.toThrow(/closed/)
  expect(() => one.take(bytes(2))).toThrow(/closed/)
  await expect(one.finish()).rejects.toThrow(/closed/)
  await reopen()
})

test('an encoder that stops in mid-frame, or makes none, has failed', async () => {
  const cut = intake()
  await cut.take(bytes(1, 2).subarray(0, 8))
  await expect(cut.finish()).rejects.toThrow(FrameCutShortError)
  await expect(intake().finish()).rejects.toThrow(OutputMissingError)
})

test('a frame of cells is kept without the size that stands in front of it', async () => {
  const one = new FrameIntake(pack, { ...OUTPUT, format: 'cells' }, { onFrames: () => {} })
  await one.take(Buffer.from([0, 0, 0, 2, 7, 8, 0, 0, 0, 3, 1, 2]))
  await one.take(Buffer.from([3]))
  await one.finish()
  expect([await pack.frame(1), await pack.frame(2)]).toEqual([Buffer.from([7, 8]), Buffer.from([1, 2, 3])])
})
