import { expect, test } from 'vitest'
import { PALETTE_BYTES, type CellFrame } from './cell-frame.ts'
import { drawCells } from './draw-cells.ts'

const palette = Uint8Array.from({ length: PALETTE_BYTES }, (_, index) => Math.floor(index / 3))
const screen = (characters: number[], colors: number[], columns = characters.length): CellFrame => ({
  columns, rows: characters.length / columns, characters: Uint8Array.from(characters), colors: Uint8Array.from(colors), palette,
})
const pixels = ({ rgb }: { rgb: Buffer }) => Array.from({ length: rgb.length / 3 }, (_, index) => rgb[index * 3])

test('bits from the top left on have the foreground, the bottom right pixel always the background', () => {
  const drawing = drawCells({ grid: { columns: 1, rows: 1 }, screens: [screen([0x80 | 0b10101], [0x2e])] })
  expect([drawing.width, drawing.height]).toEqual([2, 3])
  expect(pixels(drawing)).toEqual([14, 2, 14, 2, 14, 2])
})

test('a cell without pixels and a letter are the background', () => {
  expect(pixels(drawCells({ grid: { columns: 1, rows: 1 }, screens: [screen([0, 0x41], [0x3f, 0x4f])] }))).toEqual([3, 3, 4, 4, 3, 3, 4, 4, 3, 3, 4, 4])
})

test('monitors stand side by side and below each other', () => {
  const screens = [1, 2, 3, 4].map((color) => screen([0x80], [color << 4]))
  const drawing = drawCells({ grid: { columns: 2, rows: 2 }, screens })
  expect([drawing.width, drawing.height]).toEqual([4, 6])
  expect(pixels(drawing)).toEqual([...Array(3).fill([1, 1, 2, 2]).flat(), ...Array(3).fill([3, 3, 4, 4]).flat()])
})
