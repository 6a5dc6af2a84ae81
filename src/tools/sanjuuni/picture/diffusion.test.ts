import { describe, expect, test } from 'vitest'
import { PALETTE_COLORS, type CellFrame } from '../cell-frame.ts'
import type { PictureOptions } from '../converter-options.ts'
import { createCellMaker } from './cell-maker.ts'
import { COMPUTERCRAFT_PALETTE } from './computercraft-palette.ts'
import type { PictureSize } from './picture-size.ts'
import { createScalarKernels } from './scalar-kernels.ts'
import { createSimdKernels } from './simd-kernels.ts'
import { noise, softNoise } from './test-pictures.ts'

const DIFFUSION: PictureOptions = { palette: 'median-cut', dither: 'diffusion', colorSpace: 'rgb', isNfpized: false }
const SIZE = { width: 60, height: 60 }
const GREYS = Uint8Array.from({ length: PALETTE_COLORS * 3 }, (_, at) => Math.trunc(at / 3) * 17)

describe('a flat colour between two of the palette', () => {
  test.each([102, 104, 106, 108, 111, 114, 117, 119])('is right on average, and everywhere after a blur: %i', (grey) => {
    const shown = shownBy(createCellMaker(DIFFUSION, SIZE).cells(new Uint8Array(60 * 60 * 3).fill(grey), GREYS))
    expect(Math.abs(meanOf(shown) - grey)).toBeLessThan(1)
    for (const mean of blurred(shown, SIZE)) expect(Math.abs(mean - grey)).toBeLessThan(6)
  })

  test('is right on average between colours that are far apart', () => {
    const picture = new Uint8Array(60 * 60 * 3).fill(130)
    const blackAndWhite = Uint8Array.from({ length: 48 }, (_, at) => (at < 3 ? 255 : 0))
    const shown = shownBy(createCellMaker(DIFFUSION, SIZE).cells(picture, blackAndWhite))
    expect(Math.abs(meanOf(shown) - 130)).toBeLessThan(2)
  })
})

test('a slope of colours is nearer to the picture after a blur than cells without diffusion', () => {
  const picture = softNoise(SIZE, 1)
  const error = (dither: PictureOptions['dither']) => {
    const shown = shownBy(createCellMaker({ ...DIFFUSION, dither }, SIZE).cells(picture, COMPUTERCRAFT_PALETTE))
    const wanted = blurred(picture, SIZE)
    return blurred(shown, SIZE).reduce((sum, value, at) => sum + (value - wanted[at]!) ** 2, 0)
  }
  expect(error('diffusion')).toBeLessThan(error('none') / 2)
})

test('what a palette cannot mix does not run over into what it can', () => {
  const picture = new Uint8Array(60 * 60 * 3)
  for (let at = 0; at < picture.length; at += 3) picture.set(at < picture.length / 2 ? [255, 0, 0] : [100, 100, 100], at)
  const greys = GREYS.map((byte) => Math.min(byte, 200))
  const shown = shownBy(createCellMaker(DIFFUSION, SIZE).cells(picture, greys))
  expect(Math.abs(meanOf(shown.subarray(40 * 60 * 3)) - 100)).toBeLessThan(1)
})

describe('SIMD and JavaScript agree', () => {
  const sizes: readonly PictureSize[] = [{ width: 2, height: 3 }, { width: 6, height: 15 }, { width: 62, height: 33 }]
  const palettes = {
    'random colours': noise({ width: 16, height: 1 }, 5),
    'one colour': new Uint8Array(48).fill(90),
    'two colours that hardly differ': Uint8Array.from({ length: 48 }, (_, at) => (at < 24 ? 90 : 91)),
    'black and white': Uint8Array.from({ length: 48 }, (_, at) => (at < 24 ? 0 : 255)),
    'colours of ComputerCraft': COMPUTERCRAFT_PALETTE,
  }
  test.each(Object.entries(palettes))('with %s', (_, palette) => {
    for (const size of sizes) {
      for (const colorSpace of ['rgb', 'lab'] as const) {
        for (const picture of [noise(size, 1), softNoise(size, 2), slope(size), new Uint8Array(size.width * size.height * 3).fill(255)]) {
          const options = { ...DIFFUSION, colorSpace }
          const scalar = createCellMaker(options, size, createScalarKernels()).cells(picture, palette)
          expect(createCellMaker(options, size, createSimdKernels(200_000)).cells(picture, palette)).toEqual(scalar)
        }
      }
    }
  })
})

/** Each pixel hardly differs from those around it: most cells have one nearest colour, and some are about to change to another. */
function slope({ width, height }: PictureSize): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y] = [Math.trunc(at / 3) % width, Math.trunc(at / 3 / width)]
    return [x * 3, 255 - y * 4, x + y * 2][at % 3]! & 255
  })
}

function shownBy({ columns, rows, characters, colors, palette }: CellFrame): Uint8Array {
  const shown = new Uint8Array(columns * rows * 18)
  for (let y = 0; y < rows * 3; y++) {
    for (let x = 0; x < columns * 2; x++) {
      const cell = Math.trunc(y / 3) * columns + (x >> 1)
      const pixel = y % 3 * 2 + x % 2
      const index = pixel < 5 && characters[cell]! >> pixel & 1 ? colors[cell]! & 15 : colors[cell]! >> 4
      shown.set(palette.subarray(index * 3, index * 3 + 3), (y * columns * 2 + x) * 3)
    }
  }
  return shown
}

function meanOf(rgb: Uint8Array): number {
  return rgb.reduce((sum, byte) => sum + byte, 0) / rgb.length
}

/** Each channel's mean over 5×5 pixels, where they fit. */
function blurred(rgb: Uint8Array, { width, height }: PictureSize): number[] {
  const means: number[] = []
  for (let y = 2; y < height - 2; y++) {
    for (let at = 6; at < (width - 2) * 3; at++) {
      let sum = 0
      for (let down = -2; down <= 2; down++) for (let right = -2; right <= 2; right++) sum += rgb[((y + down) * width + right) * 3 + at]!
      means.push(sum / 25)
    }
  }
  return means
}
