import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FramePackParser } from './frame-pack-parser.ts'

const FRAMES = [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(1000, 7), Buffer.from('last')]
const UNCOUNTED = 0xffff_ffff

test.each([1, 2, 3, 5, 1024, 1e6])('a pack that comes in pieces of %d bytes has the same frames', (size) => {
  const bytes = pack(FRAMES.length)
  const parser = new FramePackParser()
  const frames: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) {
    expect(parser.isWhole).toBe(false)
    frames.push(...parser.push(bytes.subarray(at, at + size)))
  }
  expect(parser.isWhole).toBe(true)
  expect(frames.map((frame) => Buffer.from(frame))).toEqual(FRAMES)
})

test('a frame stays what it was when the chunk that brought it is used again', () => {
  const bytes = pack(FRAMES.length)
  const [first] = new FramePackParser().push(bytes)
  bytes.fill(0)
  expect(Buffer.from(first!).toString()).toBe('one')
})

test('a pack that was not counted is whole behind each frame and not within one', () => {
  const bytes = pack(UNCOUNTED)
  const parser = new FramePackParser()
  expect(parser.push(bytes.subarray(0, 4))).toEqual([])
  expect(parser.isWhole).toBe(true)
  parser.push(bytes.subarray(4, 9))
  expect(parser.isWhole).toBe(false)
  parser.push(bytes.subarray(9, 11))
  expect(parser.isWhole).toBe(true)
})

test('a pack with fewer frames than it counts is not whole, and one with more is refused', () => {
  const short = new FramePackParser()
  short.push(pack(FRAMES.length + 1))
  expect(short.isWhole).toBe(false)
  expect(() => new FramePackParser().push(pack(FRAMES.length - 1))).toThrow(/more than the 3 frames/)
})

test('a size that no picture has is refused before anything is kept for it', () => {
  expect(() => new FramePackParser().push(Buffer.from('<!doctype html>'))).toThrow(expect.objectContaining({ name: 'NotAPackError' }))
})

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)), fc.constantFrom(...FRAMES),
  fc.oneof(fc.nat(6), fc.constantFrom(2 ** 28, 2 ** 28 + 1, UNCOUNTED), fc.nat(UNCOUNTED)).map(word),
)

test('whatever bytes come, in whatever pieces, are the same frames or the same refusal, and never more than what came', () => {
  fc.assert(fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat(40), { minLength: 1, maxLength: 20 }), (parts, sizes) => {
    const bytes = Buffer.concat(parts)
    const whole = read([bytes])
    const pieces: Buffer[] = []
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const to = at + 1 + sizes[turn % sizes.length]!
      pieces.push(bytes.subarray(at, to))
      at = to
    }
    expect(read(pieces)).toEqual(whole)
    expect(whole.frames.reduce((sum, frame) => sum + frame.length, 0)).toBeLessThanOrEqual(bytes.length)
    expect([undefined, 'NotAPackError']).toContain(whole.refusal)
  }))
})

/** What was taken until all had come or something was refused. */
function read(pieces: readonly Buffer[]): { frames: Buffer[]; isWhole: boolean; refusal: string | undefined } {
  const parser = new FramePackParser()
  const frames: Buffer[] = []
  try {
    for (const bytes of pieces) frames.push(...parser.push(bytes).map((frame) => Buffer.from(frame)))
  } catch (error) {
    // Those that came whole in the piece that was refused are not handed out.
    return { frames: [], isWhole: false, refusal: (error as Error).name }
  }
  return { frames, isWhole: parser.isWhole, refusal: undefined }
}

function pack(count: number): Buffer {
  return Buffer.concat([word(count), ...FRAMES.flatMap((frame) => [word(frame.length), frame])])
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
