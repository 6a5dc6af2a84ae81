import { describe, expect, test } from 'vitest'
import type { PaletteMethod, PictureOptions } from '../converter-options.ts'
import { createPaletteMaker } from './palette-maker.ts'
import { softNoise } from './test-pictures.ts'

const SIZE = { width: 80, height: 60 }
const DEFAULT: PictureOptions = { palette: 'median-cut', dither: 'diffusion', colorSpace: 'rgb', isNfpized: false }
const METHODS: readonly PaletteMethod[] = ['median-cut', 'k-means', 'octree']

describe.each(METHODS)('palette %s', (palette) => {
  test('no colour moves by more than 2 from picture to picture of a scene that is still but for noise', () => {
    const maker = createPaletteMaker({ ...DEFAULT, palette }, SIZE)
    const palettes = Array.from({ length: 60 }, (_, at) => maker.next(softNoise(SIZE, at + 1)))
    expect(Math.max(...movesBetween(palettes))).toBeLessThanOrEqual(2)
  })

  test('after a cut, the very first picture has the palette that it would have alone', () => {
    const maker = createPaletteMaker({ ...DEFAULT, palette }, SIZE)
    for (let at = 0; at < 5; at++) maker.next(softNoise(SIZE, at + 1))
    const picture = negative(softNoise(SIZE, 9))
    const alone = createPaletteMaker({ ...DEFAULT, palette }, SIZE).next(picture)
    expect(errorOf(maker.next(picture), picture)).toBeLessThan(errorOf(alone, picture) * 1.25)
  })
})

test('noise does not move the palette at all once it has settled', () => {
  const maker = createPaletteMaker(DEFAULT, { width: 328, height: 243 })
  const palettes = Array.from({ length: 40 }, (_, at) => maker.next(softNoise({ width: 328, height: 243 }, at + 1)))
  expect(movesBetween(palettes.slice(20)).every((move) => move === 0)).toBe(true)
})

test('a light that goes up slowly is followed without a jump', () => {
  const maker = createPaletteMaker(DEFAULT, SIZE)
  const pictures = Array.from({ length: 80 }, (_, at) => softNoise(SIZE, at + 1).map((byte) => Math.min(255, byte / 2 + at)))
  const palettes = pictures.map((picture) => maker.next(picture))
  expect(Math.max(...movesBetween(palettes))).toBeLessThanOrEqual(2)
  const alone = createPaletteMaker(DEFAULT, SIZE).next(pictures.at(-1)!)
  expect(errorOf(palettes.at(-1)!, pictures.at(-1)!)).toBeLessThan(errorOf(alone, pictures.at(-1)!) * 1.25)
})

test('colours that are given stay as the others follow the picture', () => {
  const fixedColors = Array.from({ length: 16 }, (_, slot) => (slot === 3 ? [120, 120, 120] as const : null))
  const maker = createPaletteMaker({ ...DEFAULT, fixedColors }, SIZE)
  const palettes = Array.from({ length: 20 }, (_, at) => maker.next(softNoise(SIZE, at + 1).map((byte) => byte / 2 + at * 3)))
  expect(palettes.map((palette) => [...palette.subarray(9, 12)])).toEqual(Array(20).fill([120, 120, 120]))
  expect(palettes.at(-1)).not.toEqual(palettes[0])
})

test('what is done to a palette that was given out changes none to come', () => {
  const [careful, careless] = [createPaletteMaker(DEFAULT, SIZE), createPaletteMaker(DEFAULT, SIZE)]
  for (let at = 0; at < 4; at++) {
    const palette = careless.next(softNoise(SIZE, at + 1))
    expect(palette).toEqual(careful.next(softNoise(SIZE, at + 1)))
    palette.fill(0)
  }
})

function movesBetween(palettes: readonly Uint8Array[]): number[] {
  return palettes.slice(1).map((palette, at) => Math.max(...palette.map((byte, channel) => Math.abs(byte - palettes[at]![channel]!))))
}

function negative(rgb: Uint8Array): Uint8Array {
  return rgb.map((byte) => 255 - byte)
}

/** The sum of the squared distances to the nearest colours. */
function errorOf(palette: Uint8Array, rgb: Uint8Array): number {
  let error = 0
  for (let at = 0; at < rgb.length; at += 3) {
    let least = Infinity
    for (let color = 0; color < palette.length; color += 3) {
      least = Math.min(least, [0, 1, 2].reduce((sum, channel) => sum + (rgb[at + channel]! - palette[color + channel]!) ** 2, 0))
    }
    error += least
  }
  return error
}
