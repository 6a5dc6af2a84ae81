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

function pack(count: number): Buffer {
  return Buffer.concat([word(count), ...FRAMES.flatMap((frame) => [word(frame.length), frame])])
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
