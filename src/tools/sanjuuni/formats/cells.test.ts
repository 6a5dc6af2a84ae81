import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cellFrames, plainFrame } from '../../../../test/sanjuuni/cell-frames.ts'
import { decodeCells, encodeCells, MalformedCellsError } from './cells.ts'

const walls = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })).chain(([columns, rows]) => fc.record({
  grid: fc.constant({ columns, rows }),
  screens: fc.array(cellFrames({ mostColumns: 9, mostRows: 9 }), { minLength: columns * rows, maxLength: columns * rows }),
}))

test('what is decoded is what was encoded, monitor by monitor', () => {
  fc.assert(fc.property(walls, ({ grid, screens }) => {
    const decoded = decodeCells(Uint8Array.from(encodeCells(screens, grid)))
    expect(decoded).toEqual({ grid, screens })
  }))
})

test('a frame of one cell is laid out as players read it', () => {
  const frame = plainFrame(1, 1, { character: 0x81, color: 0x2e, palette: new Uint8Array(48).fill(7) })
  expect([...encodeCells([frame])]).toEqual([1, 1, 1, 0, 1, 0, 0x81, 0x2e, ...Array<number>(48).fill(7)])
})

test('bytes that end too soon or too late are no frame', () => {
  const whole = encodeCells([plainFrame(2, 2), plainFrame(1, 1)], { columns: 2, rows: 1 })
  for (let length = 0; length < whole.length; length++) expect(() => decodeCells(whole.subarray(0, length))).toThrow(MalformedCellsError)
  expect(() => decodeCells(Buffer.concat([whole, Buffer.alloc(1)]))).toThrow(MalformedCellsError)
})
