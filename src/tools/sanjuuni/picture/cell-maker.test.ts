import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SOLID, type CellFrame } from '../cell-frame.ts'
import type { ColorSpace, PictureOptions } from '../converter-options.ts'
import { createCellMaker } from './cell-maker.ts'
import { COMPUTERCRAFT_PALETTE } from './computercraft-palette.ts'
import { COLOR_WORDS, measureIn } from './measured-colors.ts'
import { drawn, softNoise } from './test-pictures.ts'

const PLAIN: PictureOptions = { palette: 'default', dither: 'none', colorSpace: 'rgb', isNfpized: false }
const ONE_CELL = { width: 2, height: 3 }
const WHITE = [240, 240, 240] as const
const RED = [204, 76, 76] as const
const BLUE = [51, 102, 204] as const
const DITHERS = ['none', 'ordered', 'diffusion'] as const
const SPACES = ['rgb', 'lab'] as const

describe.each(SPACES)('measured in %s', (colorSpace) => {
  test.each(DITHERS)('a picture of one colour of the palette is solid cells of it, dither %s', (dither) => {
    const size = { width: 20, height: 9 }
    const picture = drawn('R'.repeat(180), { R: RED })
    const maker = createCellMaker({ ...PLAIN, dither, colorSpace }, size)
    const { columns, rows, characters, colors } = maker.cells(picture, COMPUTERCRAFT_PALETTE)
    expect([columns, rows]).toEqual([10, 3])
    expect([...characters]).toEqual(Array(30).fill(SOLID))
    expect([...colors].map((color) => color >> 4)).toEqual(Array(30).fill(14))
  })

  test.each([
    { pixels: 'RW WW WW', bits: 1, foreground: 14, background: 0 },
    { pixels: 'WR WW WW', bits: 2, foreground: 14, background: 0 },
    { pixels: 'WW WW RW', bits: 16, foreground: 14, background: 0 },
    { pixels: 'WW WW WR', bits: 31, foreground: 0, background: 14 },
    { pixels: 'RB BR RB', bits: 25, foreground: 14, background: 11 },
  ])('the cell $pixels has the bits $bits', ({ pixels, bits, foreground, background }) => {
    const picture = drawn(pixels, { W: WHITE, R: RED, B: BLUE })
    const { characters, colors } = createCellMaker({ ...PLAIN, colorSpace }, ONE_CELL).cells(picture, COMPUTERCRAFT_PALETTE)
    expect([characters[0], colors[0]]).toEqual([SOLID | bits, background << 4 | foreground])
  })

  test('no two colours would draw a cell better than those that it has', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    const maker = createCellMaker({ ...PLAIN, colorSpace }, ONE_CELL)
    fc.assert(fc.property(bytes(18), bytes(48), (rgb, palette) => {
      const frame = maker.cells(rgb, palette)
      expect(errorOf(frame, rgb, colorSpace)).toBe(leastError(rgb, palette, colorSpace))
    }), { numRuns: 500 })
  })
})

test('a solid cell keeps the foreground of the cell before it, so that runs of colours go on', () => {
  const picture = drawn('RWWWRW WWWWWW WWWWWW', { W: WHITE, R: RED })
  const { colors } = createCellMaker(PLAIN, { width: 6, height: 3 }).cells(picture, COMPUTERCRAFT_PALETTE)
  expect([...colors]).toEqual([0x0e, 0x0e, 0x0e])
})

test('an ordered dither mixes the two colours beside a third as they are needed', () => {
  const size = { width: 16, height: 24 }
  const palette = drawn('GLKKKKKKKKKKKKKK', { G: [100, 100, 100], L: [140, 140, 140], K: [0, 0, 0] })
  const shares = [105, 120, 135].map((grey) => {
    const frame = createCellMaker({ ...PLAIN, dither: 'ordered' }, size).cells(new Uint8Array(16 * 24 * 3).fill(grey), palette)
    return shownBy(frame).filter((index) => index === 1).length / (16 * 24)
  })
  expect(shares[0]).toBeLessThan(0.3)
  expect(shares[1]).toBeGreaterThan(0.3)
  expect(shares[1]).toBeLessThan(0.7)
  expect(shares[2]).toBeGreaterThan(0.7)
})

describe('cells of one colour', () => {
  test.each(DITHERS)('are character 0 and a background, dither %s', (dither) => {
    const size = { width: 20, height: 30 }
    const frame = createCellMaker({ ...PLAIN, dither, isNfpized: true }, size).cells(softNoise(size, 1), COMPUTERCRAFT_PALETTE)
    expect(new Set(frame.characters)).toEqual(new Set([0]))
    expect([...frame.colors].every((color) => (color & 15) === 0)).toBe(true)
    expect(new Set(frame.colors).size).toBeGreaterThan(1)
  })

  test('have the colour nearest to the mean of their pixels', () => {
    const picture = drawn('KK KK WW', { K: [0, 0, 0], W: [229, 229, 229] })
    const { colors } = createCellMaker({ ...PLAIN, isNfpized: true }, ONE_CELL).cells(picture, COMPUTERCRAFT_PALETTE)
    expect(colors[0]! >> 4).toBe(7)
  })

  test('diffuse what their colours leave, so that the whole has the mean of the picture', () => {
    const size = { width: 80, height: 120 }
    const grey = new Uint8Array(size.width * size.height * 3).fill(115)
    const { colors } = createCellMaker({ ...PLAIN, dither: 'diffusion', isNfpized: true }, size).cells(grey, COMPUTERCRAFT_PALETTE)
    const mean = [...colors].reduce((sum, color) => sum + COMPUTERCRAFT_PALETTE[(color >> 4) * 3]!, 0) / colors.length
    expect(Math.abs(mean - 115)).toBeLessThan(2)
  })
})

function shownBy({ columns, characters, colors }: CellFrame): number[] {
  return Array.from({ length: characters.length * 6 }, (_, at) => {
    const x = at % (columns * 2)
    const y = Math.trunc(at / (columns * 2))
    const cell = Math.trunc(y / 3) * columns + (x >> 1)
    return characters[cell]! >> (y % 3 * 2 + x % 2) & 1 && y % 3 * 2 + x % 2 < 5 ? colors[cell]! & 15 : colors[cell]! >> 4
  })
}

function errorOf(frame: CellFrame, rgb: Uint8Array, colorSpace: ColorSpace): number {
  const distance = distances(rgb, frame.palette, colorSpace)
  return shownBy(frame).reduce((sum, index, pixel) => sum + distance(pixel, index), 0)
}

function leastError(rgb: Uint8Array, palette: Uint8Array, colorSpace: ColorSpace): number {
  const distance = distances(rgb, palette, colorSpace)
  let least = Infinity
  for (let one = 0; one < 16; one++) {
    for (let other = one; other < 16; other++) {
      const error = [0, 1, 2, 3, 4, 5].reduce((sum, pixel) => sum + Math.min(distance(pixel, one), distance(pixel, other)), 0)
      least = Math.min(least, error)
    }
  }
  return least
}

function distances(rgb: Uint8Array, palette: Uint8Array, colorSpace: ColorSpace): (pixel: number, index: number) => number {
  const [pixels, colors] = [rgb, palette].map((bytes) => measureIn(colorSpace).toMeasured(bytes))
  return (pixel, index) => [0, 1, 2].reduce((sum, word) => (
    sum + (pixels![pixel * COLOR_WORDS + word]! - colors![index * COLOR_WORDS + word]!) ** 2
  ), 0)
}
