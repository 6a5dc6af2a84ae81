import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellFrames, plainFrame } from '../../../../../test/sanjuuni/cell-frames.ts'
import { COMPRESSIONS } from '../../../../../test/sanjuuni/decode-vid32-frame.ts'
import { hasSimd } from '../../wasm-kernels.ts'
import { createFrameDataEncoder } from './frame-data.ts'
import { createScalarLoops } from './scalar-loops.ts'
import { createSimdLoops } from './simd-loops.ts'

test('this Node has SIMD, so that what follows compares two things', () => {
  expect(hasSimd()).toBe(true)
})

describe.each(COMPRESSIONS)('SIMD and JavaScript make the same bytes with compression %s', (compression) => {
  const bothOf = (frame: Parameters<ReturnType<typeof createFrameDataEncoder>>[0]) => (
    [createSimdLoops, createScalarLoops].map((openLoops) => Buffer.from(createFrameDataEncoder(compression, openLoops)(frame)))
  )

  test('of frames of all kinds', () => {
    fc.assert(fc.property(cellFrames({ mostColumns: 60, mostRows: 40 }), (frame) => {
      const [simd, scalar] = bothOf(frame)
      expect(simd!.equals(scalar!)).toBe(true)
    }), { numRuns: 300 })
  })

  test.each([1, 2, 15, 16, 17, 255, 256, 257, 511, 512, 513, 1024, 13_284])('of runs of %i cells', (length) => {
    const colors = [...Array<number>(length).fill(0x12), 0x34, ...Array<number>(length).fill(0x56), 0x12, 0x12]
    for (const character of [0x80, 0x95, 0x41, 0]) {
      const [simd, scalar] = bothOf(plainFrame(colors.length, 1, { character, colors }))
      expect(simd!.equals(scalar!)).toBe(true)
    }
  })

  test('of one frame after a larger one', () => {
    const encoders = [createSimdLoops, createScalarLoops].map((openLoops) => createFrameDataEncoder(compression, openLoops))
    fc.assert(fc.property(cellFrames({ mostColumns: 40, mostRows: 20 }), (frame) => {
      const [simd, scalar] = encoders.map((encode) => Buffer.from(encode(frame)))
      expect(simd!.equals(scalar!)).toBe(true)
    }), { numRuns: 300 })
  })
})
