import { expect, test } from 'vitest'
import { cutIntoParts, screensOf } from './screens.ts'

const WALL = { columns: 2, rows: 2, blocks: { width: 1, height: 1 }, textScale: 1, trimsBorders: false } as const

test('a picture without a wall is one part, the whole of it', () => {
  expect(screensOf({ width: 20, height: 12 })).toEqual({
    columns: 1, rows: 1, bytes: 720, parts: [{ column: 0, row: 0, x: 0, y: 0, width: 20, height: 12, offset: 0, bytes: 720 }],
  })
})

test('each monitor’s part holds the pixels of its place, row by row', () => {
  const [width, height] = [24, 27]
  const screens = screensOf({ width, height, monitors: WALL })
  expect(screens.parts.map(({ column, row }) => [column, row])).toEqual([[0, 0], [1, 0], [0, 1], [1, 1]])
  const picture = Uint8Array.from({ length: width * height * 3 }, (_, byte) => {
    const pixel = Math.trunc(byte / 3)
    return byte % 3 === 0 ? pixel % width : byte % 3 === 1 ? Math.trunc(pixel / width) : 7
  })
  const slot = new Uint8Array(screens.bytes)
  cutIntoParts(picture, width, { screens, slot })
  for (const part of screens.parts) {
    const pixels = slot.subarray(part.offset, part.offset + part.bytes)
    for (let pixel = 0; pixel < part.width * part.height; pixel++) {
      const place = [part.x + (pixel % part.width), part.y + Math.trunc(pixel / part.width), 7]
      expect([...pixels.subarray(pixel * 3, pixel * 3 + 3)]).toEqual(place)
    }
  }
})
