import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FrameSplitter } from './frame-splitter.ts'
import { NotAPictureError, type FrameFormat } from './picture-scanner.ts'

const RAW_BYTES = 33 * 21 * 3

/** Each frame in a file of its own is ffmpeg's word for where it ends. */
const FORMATS: readonly { name: string; format: FrameFormat; encoding: readonly string[]; extension: string }[] = [
  { name: 'PNG', format: { type: 'png' }, encoding: ['-c:v', 'png'], extension: 'png' },
  { name: 'JPEG', format: { type: 'jpeg' }, encoding: ['-c:v', 'mjpeg', '-q:v', '2'], extension: 'jpg' },
  { name: 'WebP', format: { type: 'webp' }, encoding: ['-c:v', 'libwebp'], extension: 'webp' },
  { name: 'lossless WebP', format: { type: 'webp' }, encoding: ['-c:v', 'libwebp', '-lossless', '1'], extension: 'webp' },
  { name: 'raw', format: { type: 'raw', frameBytes: RAW_BYTES }, encoding: ['-c:v', 'rawvideo', '-pix_fmt', 'rgb24'], extension: 'bin' },
]

let directory: string
const framesOf = new Map<string, Buffer[]>()

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'reeltime-pictures-'))
  for (const [index, { name, encoding, extension }] of FORMATS.entries()) {
    execFileSync('ffmpeg', [
      '-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=33x21:rate=5:duration=1,noise=alls=60,format=rgb24', ...encoding, '-f', 'image2', join(directory, `${index}-%03d.${extension}`),
    ])
    const files = readdirSync(directory).filter((file) => file.startsWith(`${index}-`)).sort()
    framesOf.set(name, files.map((file) => readFileSync(join(directory, file))))
  }
})
afterAll(() => rmSync(directory, { recursive: true }))

describe.each(FORMATS)('$name', ({ name, format }) => {
  test('frames come out whole, however the bytes are cut', () => {
    const frames = framesOf.get(name)!
    const stream = Buffer.concat(frames)
    expect(frames).toHaveLength(5)
    fc.assert(fc.property(fc.array(fc.nat(stream.length), { maxLength: 40 }), (cuts) => {
      expect(split(format, stream, cuts)).toEqual({ frames, unfinishedBytes: 0 })
    }), { numRuns: 60 })
  })

  test('frames come out whole, byte by byte', () => {
    const frames = framesOf.get(name)!
    const stream = Buffer.concat(frames)
    expect(split(format, stream, [...stream.keys()])).toEqual({ frames, unfinishedBytes: 0 })
  })

  test('a frame is there with its last byte and not before', () => {
    const [first] = framesOf.get(name)!
    const splitter = new FrameSplitter(format)
    expect(splitter.push(first!.subarray(0, -1))).toEqual([])
    expect(splitter.unfinishedBytes).toBe(first!.length - 1)
    expect(splitter.push(first!.subarray(-1))).toEqual([first])
  })
})

test('a JPEG with a thumbnail, several scans and fill bytes is one picture', () => {
  const thumbnail = framesOf.get('JPEG')![0]!
  const segment = (marker: number, data: Buffer) => Buffer.concat([Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255]), data])
  const scan = Buffer.concat([segment(0xda, Buffer.from([1, 2, 3])), Buffer.from([5, 0xff, 0, 6, 0xff, 0xd3, 7])])
  const picture = Buffer.concat([
    Buffer.from([0xff, 0xd8]), segment(0xe1, thumbnail), Buffer.from([0xff, 0xff]), segment(0xdb, Buffer.alloc(65)).subarray(1), scan,
    segment(0xc4, Buffer.from([9, 9])), scan, Buffer.from([0xff, 0xff, 0xd9]),
  ])
  expect(split({ type: 'jpeg' }, Buffer.concat([picture, picture]), [1, 7, picture.length - 1])).toEqual({ frames: [picture, picture], unfinishedBytes: 0 })
})

test.each(['png', 'jpeg', 'webp'] as const)('bytes that are no %s are refused with the first of them', (type) => {
  expect(() => new FrameSplitter({ type }).push(Buffer.from('x'))).toThrow(NotAPictureError)
})

test('frames behind their sizes come out without them, however the bytes are cut', () => {
  const stored = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 12 })
  fc.assert(fc.property(stored, fc.array(fc.nat(4000), { maxLength: 40 }), (pictures, cuts) => {
    const frames = pictures.map((bytes) => Buffer.from(bytes))
    const stream = Buffer.concat(frames.flatMap((frame) => [sizeWord(frame.length), frame]))
    expect(split({ type: 'sized' }, stream, cuts)).toEqual({ frames, unfinishedBytes: 0 })
  }))
})

test.each([0, 2 ** 26 + 1, 0xffff_ffff])('a frame of %d bytes is none', (size) => {
  expect(() => new FrameSplitter({ type: 'sized' }).push(sizeWord(size))).toThrow(NotAPictureError)
})

test('frames stay what they were when more comes', () => {
  const frames = framesOf.get('PNG')!
  const splitter = new FrameSplitter({ type: 'png' })
  const [first] = splitter.push(Buffer.concat([frames[0]!, frames[1]!.subarray(0, 50)]))
  splitter.push(frames[1]!.subarray(50))
  expect(first).toEqual(frames[0])
})

function sizeWord(size: number): Buffer {
  const word = Buffer.alloc(4)
  word.writeUInt32BE(size)
  return word
}

function split(format: FrameFormat, stream: Buffer, cuts: readonly number[]) {
  const splitter = new FrameSplitter(format)
  const places = [0, ...[...cuts].sort((a, b) => a - b), stream.length]
  const frames = places.slice(1).flatMap((to, index) => splitter.push(stream.subarray(places[index], to)))
  return { frames, unfinishedBytes: splitter.unfinishedBytes }
}
