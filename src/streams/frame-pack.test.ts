import { randomBytes } from 'node:crypto'
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FIRST_FRAME_AT } from './frame-index.ts'
import { countWord, FramePack, indexPath } from './frame-pack.ts'
import { rangesOf, sendPieces } from './frame-sender.ts'

let directory: string
let path: string
let open: FramePack[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reeltime-pack-'))
  path = join(directory, 'frames', 'frames.pack')
  open = []
})
afterEach(async () => {
  await Promise.all(open.map((pack) => pack.close()))
  await rm(directory, { recursive: true })
})

async function toWrite(): Promise<FramePack> {
  const pack = await FramePack.openToWrite(path)
  open.push(pack)
  return pack
}

async function toRead(): Promise<FramePack> {
  const pack = await FramePack.openToRead(path)
  open.push(pack!)
  return pack!
}

const FRAMES = [1, 700, 4, 100_000, 33].map((size) => randomBytes(size))
const wire = (frames: readonly Buffer[]) => Buffer.concat(frames.flatMap((frame) => [sizeWord(frame.length), frame]))
/** As it stands in the file, before its end has been told. */
const stored = (frames: readonly Buffer[], count = 0) => Buffer.concat([countWord(count), wire(frames)])
const all = (pack: FramePack) => Promise.all(Array.from({ length: pack.count }, (_, index) => pack.frame(index + 1)))

function sizeWord(size: number): Buffer {
  const word = Buffer.alloc(4)
  word.writeUInt32BE(size)
  return word
}

test('the file is what travels: each frame behind its size, in order', async () => {
  const pack = await toWrite()
  await pack.append(FRAMES.slice(0, 2))
  await pack.append(FRAMES.slice(2))
  expect(await readFile(path)).toEqual(stored(FRAMES))
  expect(await all(pack)).toEqual(FRAMES)
  expect(await all(await toRead())).toEqual(FRAMES)
})

test('a pack that has ended has its count in front; one that has not, or not whole, is not taken for it', async () => {
  const pack = await toWrite()
  await pack.append(FRAMES)
  expect([pack.isWhole, (await toRead()).isWhole]).toEqual([false, false])
  await pack.end()
  expect(await readFile(path)).toEqual(stored(FRAMES, 5))
  expect([pack.isWhole, (await toRead()).isWhole]).toEqual([true, true])
  const again = await toWrite()
  expect([again.isWhole, await all(again)]).toEqual([false, FRAMES])
  await appendFile(path, randomBytes(10))
  expect((await toRead()).isWhole).toBe(false)
  await again.append([FRAMES[0]!])
  expect((await toRead()).isWhole).toBe(false)
})

test('more frames than one system call takes are added in order', async () => {
  const many = Array.from({ length: 1500 }, (_, index) => randomBytes(1 + (index % 7)))
  const pack = await toWrite()
  await pack.append(many)
  expect(await readFile(path)).toEqual(stored(many))
  expect(await all(await toRead())).toEqual(many)
})

test('there is no frame 0, none behind the last and none in between', async () => {
  const pack = await toWrite()
  await pack.append(FRAMES)
  expect(await Promise.all([0, -1, 6, 1.5, Number.NaN].map((number) => pack.frame(number)))).toEqual(Array(5).fill(undefined))
})

test.each([
  { where: 'in the middle of a frame', missingBytes: 50_000, wholeFrames: 3 },
  { where: 'before the last byte', missingBytes: 1, wholeFrames: 4 },
  { where: 'in the head of a frame', missingBytes: 33 + 2, wholeFrames: 4 },
  { where: 'between two frames', missingBytes: 33 + 4, wholeFrames: 4 },
])('a pack that a crash cut $where keeps its whole frames, and the next follows them', async ({ missingBytes, wholeFrames }) => {
  await (await toWrite()).append(FRAMES)
  await truncate(path, stored(FRAMES).length - missingBytes)
  const whole = FRAMES.slice(0, wholeFrames)
  expect(await all(await toRead())).toEqual(whole)
  const again = await toWrite()
  expect((await stat(path)).size).toBe(stored(whole).length)
  expect((await stat(indexPath(path))).size).toBe(wholeFrames * 8)
  await again.append([FRAMES[0]!])
  expect(await all(await toRead())).toEqual([...whole, FRAMES[0]])
})

test('bytes of a frame that never got into the index are cut off and never shown', async () => {
  await (await toWrite()).append(FRAMES)
  await appendFile(path, randomBytes(5000))
  expect(await all(await toRead())).toEqual(FRAMES)
  await toWrite()
  expect(await readFile(path)).toEqual(stored(FRAMES))
})

test('an index that is cut in the middle of an entry counts the entries before', async () => {
  await (await toWrite()).append(FRAMES)
  await truncate(indexPath(path), 3 * 8 + 5)
  expect(await all(await toRead())).toEqual(FRAMES.slice(0, 3))
  const again = await toWrite()
  await again.append([FRAMES[4]!])
  expect((await stat(indexPath(path))).size).toBe(4 * 8)
  expect(await all(await toRead())).toEqual([...FRAMES.slice(0, 3), FRAMES[4]])
})

test('an index whose end is zeros, as a power cut leaves it, ends before them', async () => {
  await (await toWrite()).append(FRAMES)
  await truncate(indexPath(path), 3 * 8)
  await truncate(indexPath(path), 9 * 8)
  expect(await all(await toRead())).toEqual(FRAMES.slice(0, 3))
})

test('whatever an index says, only bytes of the pack are taken for frames', async () => {
  await (await toWrite()).append(FRAMES)
  const [pack, index] = [await readFile(path), await readFile(indexPath(path))]
  const ends = Array.from({ length: FRAMES.length }, (_, entry) => index.readDoubleLE(entry * 8))
  const wrong = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -1, 3, 5, Number.NaN, Infinity, 2 ** 53, 1e300, pack.length, pack.length + 1), fc.constantFrom(...ends))
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(7), wrong), { minLength: 1, maxLength: 4 }), fc.nat(pack.length), async (mistakes, size) => {
    const entries = Buffer.alloc(8 * 8)
    index.copy(entries)
    for (const [entry, end] of mistakes) entries.writeDoubleLE(end, entry * 8)
    await writeFile(indexPath(path), entries)
    await writeFile(path, pack.subarray(0, size))
    const read = (await FramePack.openToRead(path))!
    for (const frame of await all(read)) expect(frame === undefined || pack.subarray(0, size).includes(frame)).toBe(true)
    expect(read.range(1, read.count).to).toBeLessThanOrEqual(Math.max(size, FIRST_FRAME_AT))
    await read.close()
  }), { numRuns: 200 })
})

test('a pack without its index has no frames', async () => {
  await (await toWrite()).append(FRAMES)
  await rm(indexPath(path))
  expect(await FramePack.openToRead(path)).toBeUndefined()
})

test('frames that are cut off are gone, from the disk too', async () => {
  const pack = await toWrite()
  await pack.append(FRAMES)
  await pack.cutBefore(3)
  expect(pack.count).toBe(2)
  await pack.append([FRAMES[4]!])
  expect(await all(await toRead())).toEqual([FRAMES[0], FRAMES[1], FRAMES[4]])
})

test('pieces are sent as they were asked for: contiguous ones in one, repeated ones again', async () => {
  const pack = await toWrite()
  await pack.append(FRAMES)
  const ranges = rangesOf(pack, [4, 5, 1, 1, 2, 3])
  expect(ranges).toHaveLength(3)
  const { target, taken } = slowReader()
  await sendPieces(target, { pieces: ranges.map((range) => ({ pack, range })) })
  expect(taken()).toEqual(wire([4, 5, 1, 1, 2, 3].map((number) => FRAMES[number - 1]!)))
})

test('a slow reader gets every byte right although the buffers are used again', async () => {
  const large = Array.from({ length: 6 }, () => randomBytes(300_000))
  const pack = await toWrite()
  await pack.append(large)
  const { target, taken } = slowReader()
  await sendPieces(target, { pieces: [{ pack, range: pack.range(1, 6) }] })
  expect(taken().equals(wire(large))).toBe(true)
})

test('a sender stops when its reader goes away in the middle, and when it is told to', async () => {
  const pack = await toWrite()
  await pack.append([randomBytes(2_000_000)])
  const piece = { pack, range: pack.range(1, 1) }
  const gone = new PassThrough()
  const sending = sendPieces(gone, { pieces: [piece] })
  gone.once('data', () => gone.destroy())
  await expect(sending).rejects.toThrow()
  const leave = new AbortController()
  const stalled = sendPieces(new PassThrough({ highWaterMark: 1 }), { pieces: [piece], signal: leave.signal })
  leave.abort(new Error('enough'))
  await expect(stalled).rejects.toThrow('enough')
})

/** Looks at what it was given as late as it may, as a socket does whose kernel buffer is full. */
function slowReader() {
  const chunks: Buffer[] = []
  const target = new Writable({
    write(chunk: Buffer, _, done) {
      setImmediate(() => {
        chunks.push(Buffer.from(chunk))
        done()
      })
    },
  })
  return { target, taken: () => Buffer.concat(chunks) }
}
