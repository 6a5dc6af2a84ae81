import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HubError } from '../../errors.ts'
import { monitorCrops, monitorPixels, parseMonitorSize, wallOf, type MonitorCrop } from './monitors.ts'

const LARGEST = { blocks: { width: 8, height: 6 }, textScale: 0.5 }

test.each([
  ['8x6@0.5', 328, 243],
  ['8x6', 328, 243],
  ['8x6@1', 164, 120],
  ['1x1@0.5', 30, 30],
  ['1x1@1', 14, 15],
  ['1x1@5', 2, 3],
  ['3x2@1.5', 38, 24],
])('a monitor of %s shows %ix%i pixels', (text, width, height) => {
  expect(monitorPixels(parseMonitorSize(text)!)).toEqual({ width, height })
})

test.each([
  '', '8', '0x6', '33x6', '8x6@0', '8x6@0.25', '8x6@0.7', '8x6@5.5', '8x6@1e1', '-8x6', '8.5x6', '8x6x4',
])('no monitor is %j', (text) => {
  expect(parseMonitorSize(text)).toBeUndefined()
})

describe('a picture over several monitors', () => {
  test.each([
    [328, 243, undefined],
    [164, 81, undefined],
    [330, 243, [2, 1]],
    [656, 243, [2, 1]],
    [656, 486, [2, 2]],
    [658, 489, [3, 3]],
  ])('of %ix%i needs %j of the largest', (width, height, grid) => {
    const wall = wallOf({ ...LARGEST, trimsBorders: false }, { width, height, format: '32vid' })
    expect(wall && [wall.columns, wall.rows]).toEqual(grid)
  })

  test('is cut without gaps, and the last monitors have what is left', () => {
    expect(cropsOf({ width: 400, height: 300 }, { trimsBorders: false })).toEqual([
      { column: 0, row: 0, x: 0, y: 0, width: 328, height: 243 },
      { column: 1, row: 0, x: 328, y: 0, width: 72, height: 243 },
      { column: 0, row: 1, x: 0, y: 243, width: 328, height: 57 },
      { column: 1, row: 1, x: 328, y: 243, width: 72, height: 57 },
    ])
  })

  test('leaves out what frames hide where borders are trimmed', () => {
    expect(cropsOf({ width: 682, height: 510 }, { trimsBorders: true })).toEqual([
      { column: 0, row: 0, x: 0, y: 0, width: 328, height: 243 },
      { column: 1, row: 0, x: 341, y: 0, width: 328, height: 243 },
      { column: 0, row: 1, x: 0, y: 256, width: 328, height: 243 },
      { column: 1, row: 1, x: 341, y: 256, width: 328, height: 243 },
    ])
  })

  test('that ends behind a frame needs no monitor there', () => {
    expect(wallOf({ ...LARGEST, trimsBorders: true }, { width: 342, height: 243, format: 'bimg' })).toBeUndefined()
  })

  test('may cover 8 monitors each way in 32vid', () => {
    const small = { blocks: { width: 1, height: 1 }, textScale: 1, trimsBorders: false }
    expect(wallOf(small, { width: 112, height: 120, format: '32vid' })).toMatchObject({ columns: 8, rows: 8 })
    const tooWide = () => wallOf(small, { width: 114, height: 120, format: '32vid' })
    expect(tooWide).toThrow(HubError)
    expect(tooWide).toThrow('The picture covers 9x8 monitors, and 32vid holds 8 each way')
    expect(wallOf(small, { width: 114, height: 120, format: 'bimg' })).toMatchObject({ columns: 9, rows: 8 })
  })

  test('may cover 255 monitors each way in bimg, of the smallest that there are', () => {
    const tiny = { blocks: { width: 1, height: 1 }, textScale: 5, trimsBorders: false }
    expect(wallOf(tiny, { width: 510, height: 3, format: 'bimg' })).toMatchObject({ columns: 255, rows: 1 })
    expect(() => wallOf(tiny, { width: 512, height: 3, format: 'bimg' })).toThrow('The picture covers 256x1 monitors, and bimg holds 255 each way')
  })
})

/** Beyond it a wall of the smallest monitors, one cell wide, is refused. */
const MOST_NUMBERED = 255

test('every wall shows whole cells of the picture, none of them twice', () => {
  const even = fc.integer({ min: 1, max: 300 }).map((cells) => cells * 2)
  const threes = fc.integer({ min: 1, max: 200 }).map((cells) => cells * 3)
  const monitor = fc.record({
    blocks: fc.record({ width: fc.integer({ min: 1, max: 8 }), height: fc.integer({ min: 1, max: 6 }) }),
    textScale: fc.integer({ min: 1, max: 10 }).map((half) => half / 2), trimsBorders: fc.boolean(),
  })
  fc.assert(fc.property(monitor, even, threes, (given, width, height) => {
    fc.pre(width <= MOST_NUMBERED * 2)
    const wall = wallOf(given, { width, height, format: 'bimg' })
    if (!wall) return
    const crops = monitorCrops(wall, { width, height })
    expect(crops.length).toBe(wall.columns * wall.rows)
    const shown = new Uint8Array(width * height)
    for (const crop of crops) {
      expect([crop.width > 0, crop.height > 0, crop.width % 2, crop.height % 3]).toEqual([true, true, 0, 0])
      mark(shown, width, crop)
    }
    expect(shown.reduce((most, times) => Math.max(most, times))).toBe(1)
    if (!given.trimsBorders) expect(shown.includes(0)).toBe(false)
  }), { numRuns: 30 })
})

function cropsOf(size: { width: number; height: number }, { trimsBorders }: { trimsBorders: boolean }): readonly MonitorCrop[] {
  return monitorCrops(wallOf({ ...LARGEST, trimsBorders }, { ...size, format: 'bimg' })!, size)
}

/** Counts for each pixel how often it is shown. */
function mark(shown: Uint8Array, stride: number, { x, y, width, height }: MonitorCrop): void {
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) shown[row * stride + column]!++
  }
}
