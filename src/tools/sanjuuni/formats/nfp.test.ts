import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assembled } from '../../../../test/sanjuuni/assembled.ts'
import { cellFrames, plainFrame, shownPixels } from '../../../../test/sanjuuni/cell-frames.ts'
import type { CellFrame } from '../cell-frame.ts'
import { encodeNfp, nfpWriter } from './nfp.ts'

function linesOf(frame: CellFrame): string[] {
  const text = Buffer.from(encodeNfp([frame])).toString('latin1')
  expect(text.endsWith('\n')).toBe(true)
  return text.slice(0, -1).split('\n')
}

test('a picture in NFP has the digit of its colour for each pixel', () => {
  fc.assert(fc.property(cellFrames().filter(({ characters }) => characters.some((character) => character !== 0)), (frame) => {
    const lines = linesOf(frame)
    expect(lines.map(({ length }) => length)).toEqual(Array<number>(frame.rows * 3).fill(frame.columns * 2))
    const pixels = Array.from({ length: frame.characters.length * 6 }, (_, index) => {
      const [cell, pixel] = [Math.trunc(index / 6), index % 6]
      const [x, y] = [(cell % frame.columns) * 2 + (pixel % 2), Math.trunc(cell / frame.columns) * 3 + Math.trunc(pixel / 2)]
      return parseInt(lines[y]![x]!, 16)
    })
    expect(pixels).toEqual(shownPixels(frame))
  }))
})

test('a picture of one pixel a cell keeps its shape', () => {
  expect(linesOf(plainFrame(3, 2, { character: 0, colors: [0x10, 0x20, 0xf0, 0x00, 0xa5, 0x9f] }))).toEqual(['12f', '0a9'])
})

test('the first pixel of a cell is its top left one, and the last is of its background', () => {
  expect(linesOf(plainFrame(1, 1, { character: 0x80 + 0b10001, color: 0xe3 }))).toEqual(['3e', 'ee', '3e'])
})

test('frames follow each other without anything between them', () => {
  const frame = encodeNfp([plainFrame(1, 1, { character: 0 })])
  expect(assembled(nfpWriter(), [frame, frame]).toString()).toBe('f\nf\n')
})
