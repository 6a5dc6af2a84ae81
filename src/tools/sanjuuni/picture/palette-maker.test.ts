import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PictureOptions } from '../converter-options.ts'
import { createPaletteMaker } from './palette-maker.ts'
import { drawn, noise, softNoise } from './test-pictures.ts'

const SIZE = { width: 60, height: 30 }
const ONE_CELL = { width: 2, height: 3 }
const OPTIONS: PictureOptions = { palette: 'median-cut', dither: 'none', colorSpace: 'rgb', isNfpized: false }
const METHODS = ['median-cut', 'octree', 'k-means'] as const
const GENERATED = METHODS.flatMap((palette) => (['rgb', 'lab'] as const).map((colorSpace) => ({ ...OPTIONS, palette, colorSpace })))

describe.each(GENERATED)('$palette in $colorSpace', (options) => {
  test('a picture of one colour has it in every place', () => {
    const palette = createPaletteMaker(options, ONE_CELL).next(drawn('CCCCCC', { C: [12, 200, 99] }))
    expect(listed(palette)).toEqual(Array(16).fill('12 200 99'))
  })

  test('a picture of two near colours has both, exactly', () => {
    const palette = createPaletteMaker(options, ONE_CELL).next(drawn('CDCDCD', { C: [12, 200, 99], D: [13, 201, 99] }))
    expect(new Set(listed(palette))).toEqual(new Set(['12 200 99', '13 201 99']))
  })

  test('sixteen colours are all there, the brightest first and the darkest last', () => {
    const colors = Array.from({ length: 16 }, (_, at) => [at * 5 + 100, 255 - at * 16, at * 3] as const)
    const picture = Uint8Array.from({ length: SIZE.width * SIZE.height * 3 }, (_, at) => colors[Math.trunc(at / 3) * 7 % 16]![at % 3]!)
    const palette = listed(createPaletteMaker(options, SIZE).next(picture))
    expect(palette.toSorted()).toEqual(colors.map((color) => color.join(' ')).toSorted())
    expect([palette[0], palette[15]]).toEqual([colors[0]!.join(' '), colors[15]!.join(' ')])
  })

  test('the brightest of many colours is the first, and the darkest the last', () => {
    const sums = brightness(createPaletteMaker(options, SIZE).next(noise(SIZE, 1)))
    expect(sums[0]).toBe(Math.max(...sums))
    expect(sums[15]).toBe(Math.min(...sums))
  })

  test('sixteen colours serve a slope at least twice as well as eight greys would', () => {
    const picture = softNoise(SIZE, 1)
    const greys = Uint8Array.from({ length: 48 }, (_, at) => Math.trunc(at / 3) % 8 * 36)
    expect(errorOf(createPaletteMaker(options, SIZE).next(picture), picture)).toBeLessThan(errorOf(greys, picture) / 2)
  })

  test('a picture in which all is dark has 16 shades all the same', () => {
    const picture = Uint8Array.from({ length: SIZE.width * SIZE.height * 3 }, (_, at) => Math.trunc(at / 3) % 20)
    expect(new Set(listed(createPaletteMaker(options, SIZE).next(picture))).size).toBe(16)
  })

  test('given colours stay where they are, and the others serve what they do not', () => {
    const fixedColors = Array.from({ length: 16 }, (_, slot) => ([1, 5].includes(slot) ? ([250, 0, slot] as const) : null))
    const picture = drawn('R'.repeat(900) + 'ABCDEFGHIJKLMN'.repeat(70).slice(0, 900), { R: [250, 0, 1], ...letters() })
    const palette = listed(createPaletteMaker({ ...options, fixedColors }, SIZE).next(picture))
    expect([palette[1], palette[5]]).toEqual(['250 0 1', '250 0 5'])
    for (const color of Object.values(letters())) expect(palette).toContain(color.join(' '))
  })
})

test('k-means serves no picture worse than the median cut from which it starts', () => {
  fc.assert(fc.property(fc.integer(), fc.boolean(), (seed, isSoft) => {
    const picture = (isSoft ? softNoise : noise)(SIZE, seed)
    const [cut, means] = (['median-cut', 'k-means'] as const).map((palette) => (
      errorOf(createPaletteMaker({ ...OPTIONS, palette }, SIZE).next(picture), picture)
    ))
    // Bins are a little coarser than pixels.
    expect(means).toBeLessThanOrEqual(cut! * 1.01)
  }), { numRuns: 40 })
})

test('the default palette is that of the game, also where a colour of it is given', () => {
  const fixedColors = Array.from({ length: 16 }, (_, slot) => (slot === 15 ? ([0, 0, 0] as const) : null))
  const picture = noise(SIZE, 1)
  const palette = listed(createPaletteMaker({ ...OPTIONS, palette: 'default' }, SIZE).next(picture))
  expect([palette[0], palette[5], palette[11], palette[15]]).toEqual(['240 240 240', '127 204 25', '51 102 204', '17 17 17'])
  const withBlack = listed(createPaletteMaker({ ...OPTIONS, palette: 'default', fixedColors }, SIZE).next(picture))
  expect(withBlack).toEqual([...palette.slice(0, 15), '0 0 0'])
})

test.each(METHODS)('sixteen given colours are the palette, whatever the picture, %s', (palette) => {
  const fixedColors = Array.from({ length: 16 }, (_, slot) => [slot, slot * 2, 255 - slot] as const)
  expect([...createPaletteMaker({ ...OPTIONS, palette, fixedColors }, SIZE).next(noise(SIZE, 1))]).toEqual(fixedColors.flat())
})

function letters(): Record<string, readonly [number, number, number]> {
  return Object.fromEntries([...'ABCDEFGHIJKLMN'].map((name, at) => [name, [at * 12, 90 + at * 7, 255 - at * 9] as const]))
}

function listed(palette: Uint8Array): string[] {
  return Array.from({ length: 16 }, (_, at) => palette.subarray(at * 3, at * 3 + 3).join(' '))
}

function brightness(palette: Uint8Array): number[] {
  return Array.from({ length: 16 }, (_, at) => palette[at * 3]! + palette[at * 3 + 1]! + palette[at * 3 + 2]!)
}

/** The sum of the squared distances to the nearest colours. */
function errorOf(palette: Uint8Array, rgb: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < rgb.length; at += 3) {
    let least = Infinity
    for (let color = 0; color < 48; color += 3) {
      least = Math.min(least, [0, 1, 2].reduce((distance, channel) => distance + (rgb[at + channel]! - palette[color + channel]!) ** 2, 0))
    }
    sum += least
  }
  return sum
}
