import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assembled } from '../../../../test/sanjuuni/assembled.ts'
import { cellFrames, plainFrame } from '../../../../test/sanjuuni/cell-frames.ts'
import { expectedScreen, inBytes, loadLua, shownTable, textOf, type LuaTable } from '../../../../test/sanjuuni/run-lua.ts'
import type { CellFrame } from '../cell-frame.ts'
import { bimgWriter, createBimgFrameEncoder } from './bimg.ts'
import type { FileOptions } from './file-writer.ts'

const OPTIONS: FileOptions = {
  format: 'bimg', compression: 'ans', isBinary: false, fps: 20, columns: 2, rows: 1, hasPicture: true, hasSound: false,
  isDfpwm: false, title: 'clip', date: new Date('2026-11-22T03:21:27.500Z'),
}
const WALL = { columns: 2, rows: 1, blocks: { width: 8, height: 6 }, textScale: 0.5, trimsBorders: false }

function imageOf(frames: readonly (readonly CellFrame[])[], options: FileOptions): LuaTable {
  const encode = createBimgFrameEncoder(options)
  const [image] = loadLua(assembled(bimgWriter(options), frames.map(encode)), 'expression')
  return image!
}

function shownFrame(image: LuaTable, number: number) {
  const frame = image[number] as LuaTable
  return inBytes(shownTable(frame, frame.palette as LuaTable))
}

describe.each([false, true])('a BIMG, binary: %s', (isBinary) => {
  test('is a table whose frames have the rows and the palette that went in', () => {
    fc.assert(fc.property(fc.array(cellFrames(), { minLength: 1, maxLength: 3 }), (frames) => {
      const image = imageOf(frames.map((frame) => [frame]), { ...OPTIONS, isBinary })
      expect(frames.map((_, index) => shownFrame(image, index + 1))).toEqual(frames.map(expectedScreen))
      expect(image[frames.length + 1]).toBeUndefined()
    }), { numRuns: 60 })
  })

  test('tells what it is', () => {
    const { 1: _first, 2: _second, ...facts } = imageOf([[plainFrame(2, 1)], [plainFrame(2, 1)]], { ...OPTIONS, isBinary })
    const { creator, version, date, title, ...rest } = facts
    expect([creator, version, date, title].map(textOf)).toEqual(['reeltime', '1.0.0', '2026-11-22T03:21:27+0000', 'clip'])
    expect(rest).toEqual({ width: 2, height: 1, secondsPerFrame: 0.05, animated: true, animation: true })
  })

  test('keeps a title that would end its string, byte for byte', () => {
    const title = `it's "quoted" \\ "},os.exit(),{" \n \u00e9\u4e2d 12`
    const image = imageOf([[plainFrame(2, 1)]], { ...OPTIONS, isBinary, title })
    expect(Buffer.from(textOf(image.title), 'latin1').toString()).toBe(title)
  })
})

test('a still is no animation, under either name', () => {
  const image = imageOf([[plainFrame(2, 1)]], { ...OPTIONS, fps: 0 })
  expect([image.animated, image.animation, image.secondsPerFrame]).toEqual([false, false, undefined])
})

test('of a wall all monitors of the first moment come before those of the second', () => {
  const frames = [0x10, 0x20, 0x30, 0x40].map((color) => plainFrame(2, 1, { color }))
  const image = imageOf([frames.slice(0, 2), frames.slice(2)], { ...OPTIONS, columns: 4, monitors: WALL })
  expect([1, 2, 3, 4].map((number) => shownFrame(image, number))).toEqual(frames.map(expectedScreen))
  expect(image.multiMonitor).toEqual({ width: 2, height: 1, scale: 0.5 })
})

test('a binary BIMG takes a byte for a drawing character', () => {
  const frame = plainFrame(164, 81, { character: 0x95 })
  expect(createBimgFrameEncoder({ isBinary: true })([frame]).length).toBeLessThan(3 * 164 * 81 + 81 * 14 + 500)
})
