import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellFrames, plainFrame, shownPixels } from '../../../../../test/sanjuuni/cell-frames.ts'
import { COMPRESSIONS, decodeVid32Frame } from '../../../../../test/sanjuuni/decode-vid32-frame.ts'
import type { CellFrame } from '../../cell-frame.ts'
import { createFrameDataEncoder } from './frame-data.ts'

describe.each(COMPRESSIONS)('the data of a frame with compression %s', (compression) => {
  const encode = createFrameDataEncoder(compression)
  const decode = (frame: CellFrame) => decodeVid32Frame(encode(frame), { ...frame, compression })

  test('decodes to the pixels and the palette that went in', () => {
    fc.assert(fc.property(cellFrames(), (frame) => {
      const decoded = decode(frame)
      expect(shownPixels(decoded)).toEqual(shownPixels(frame))
      expect([...decoded.palette]).toEqual([...frame.palette])
    }), { numRuns: 300 })
  })

  test.each([1, 2, 3, 255, 256, 257, 258, 512, 513, 1024])('keeps a run of %i cells before another colour', (length) => {
    const colors = [...Array<number>(length).fill(0x12), 0x34, ...Array<number>(length).fill(0x56), 0x12, 0x12]
    const frame = plainFrame(colors.length, 1, { character: 0x95, colors })
    expect(shownPixels(decode(frame))).toEqual(shownPixels(frame))
  })

  test('keeps all 32 patterns in all 256 pairs of colours', () => {
    const characters = Array.from({ length: 32 * 256 }, (_, cell) => 0x80 + (cell % 32))
    const colors = Array.from({ length: 32 * 256 }, (_, cell) => Math.trunc(cell / 32))
    const frame = plainFrame(256, 32, { characters, colors })
    expect(shownPixels(decode(frame))).toEqual(shownPixels(frame))
  })

  test.each([0x00, 0x07, 0x70, 0x77, 0xff])('keeps a single cell of the colours %i', (color) => {
    for (const character of [0x80, 0x9f, 0x8a]) {
      const frame = plainFrame(1, 1, { character, color })
      expect(shownPixels(decode(frame))).toEqual(shownPixels(frame))
    }
  })

  test('keeps a monitor wall of colours that occur once each among one that fills the screen', () => {
    const colors = Array.from({ length: 164 * 81 }, (_, cell) => (cell % 829 === 0 ? cell % 256 : 0x5a))
    const characters = Array.from({ length: 164 * 81 }, (_, cell) => (cell % 421 === 0 ? 0x80 + (cell % 32) : 0x8c))
    const frame = plainFrame(164, 81, { characters, colors })
    expect(shownPixels(decode(frame))).toEqual(shownPixels(frame))
  })
})

test('uncompressed data has five bits and a byte a cell, and the palette', () => {
  expect(createFrameDataEncoder('none')(plainFrame(164, 81))).toHaveLength(21637)
})

test('the first character stands in the highest bits, and the background in the high half of its byte', () => {
  const frame = plainFrame(3, 1, { characters: [0x9f, 0x80, 0x81], colors: [0x12, 0x33, 0x45] })
  expect([...createFrameDataEncoder('none')(frame).subarray(0, 8)]).toEqual([0b11111000, 0b00000010, 0, 0, 0, 0x12, 0x32, 0x45])
})

test('a screen of one colour takes as few bytes as the format allows', () => {
  const frame = plainFrame(164, 81, { color: 0x5a })
  expect(createFrameDataEncoder('ans')(frame)).toHaveLength(1 + 16 + 1 + 1 + 12 + 1 + 48)
  expect(createFrameDataEncoder('custom')(frame)).toHaveLength(16 + 1 + 12 + 1 + 48)
})

test('what is not seen of a cell of one colour costs nothing', () => {
  const characters = Array.from({ length: 400 }, (_, cell) => (cell % 2 ? 0x80 : 0x81 + (cell % 13)))
  const seen = plainFrame(400, 1, { characters, color: 0x12 })
  const colors = Array.from({ length: 400 }, (_, cell) => (cell % 2 ? 0x10 + (cell % 16) : 0x12))
  const encode = createFrameDataEncoder('ans')
  expect(encode(plainFrame(400, 1, { characters, colors }))).toEqual(encode(seen))
})

test('a player never has to make tables of more than 256 states, however rare a symbol is', () => {
  // Each pattern and colour is twice as frequent as the one before it.
  const cells = Array.from({ length: 164 * 81 }, (_, cell) => Math.clz32(cell + 1) - 17)
  const frame = plainFrame(164, 81, { characters: cells.map((rank) => 0x81 + rank), colors: cells.map((rank) => rank * 16 + 15) })
  const { states } = decodeVid32Frame(createFrameDataEncoder('ans')(frame), { ...frame, compression: 'ans' })
  expect(Math.max(...states)).toBe(256)
})

test('repeats are put together so that they cost least: never more bits than with powers of two alone', () => {
  fc.assert(fc.property(cellFrames({ mostColumns: 100, mostRows: 40 }), (frame) => {
    const bytes = createFrameDataEncoder('custom')(frame).length
    expect(bytes).toBeLessThanOrEqual(bytesWithPowersOfTwo(frame) + 1)
  }), { numRuns: 100 })
})

test('a repeat that is rare gives way to smaller ones, so that it needs no code', () => {
  const runs = Array.from({ length: 500 }, (_, run) => Array<number>(run % 50 === 49 ? 5 : 3).fill(run % 2 ? 0x12 : 0x21))
  const frame = plainFrame(runs.flat().length, 1, { character: 0x95, colors: runs.flat() })
  // In each plane two bits for the colour of a run, and one for each two cells more.
  const bits = 2 * (500 * 2 + 500 + 10)
  expect(createFrameDataEncoder('custom')(frame)).toHaveLength(17 + 12 + Math.ceil(bits / 8) + 48)
})

test('noise of two colours takes a bit a cell', () => {
  const noise = Array.from({ length: 100 * 100 }, (_, cell) => (Math.imul(cell + 1, 0x9e3779b1) & 0x08000000 ? 0x12 : 0x21))
  const frame = plainFrame(100, 100, { character: 0x95, colors: noise })
  expect(createFrameDataEncoder('custom')(frame)).toHaveLength(17 + 12 + (2 * 100 * 100) / 8 + 48)
})

/** The size of the frame if each run were its length in binary, with codes as short as can be. */
function bytesWithPowersOfTwo(frame: CellFrame): number {
  const { characters, colors } = decodeVid32Frame(createFrameDataEncoder('none')(frame), { ...frame, compression: 'none' })
  const patterns = [...characters]
  const planes = [[...colors].map((color) => color & 15), [...colors].map((color) => color >> 4)]
  const symbols = planes.flatMap((plane) => {
    const out: number[] = []
    for (let at = 0; at < plane.length; ) {
      const end = plane.findIndex((color, cell) => cell > at && color !== plane[at])
      const rest = (end < 0 ? plane.length : end) - at - 1
      out.push(plane[at]!, ...Array<number>(rest >> 8).fill(23))
      for (let bit = 0; bit < 8; bit++) if ((rest >> bit) & 1) out.push(bit === 0 ? plane[at]! : 15 + bit)
      at += rest + 1
    }
    return out
  })
  const isOneColor = new Set(planes.flat()).size === 1
  const patternBytes = new Set(patterns).size === 1 ? 1 : Math.ceil(huffmanBits(patterns) / 8)
  return 16 + patternBytes + 12 + (isOneColor ? 1 : Math.ceil(huffmanBits(symbols) / 8)) + 48
}

function huffmanBits(symbols: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1)
  const weights = [...counts.values()]
  let bits = 0
  while (weights.length > 1) {
    weights.sort((a, b) => b - a)
    const merged = weights.pop()! + weights.pop()!
    bits += merged
    weights.push(merged)
  }
  return bits
}
