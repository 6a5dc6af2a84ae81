import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cellFrames, plainFrame } from '../../../../test/sanjuuni/cell-frames.ts'
import { expectedScreen, inBytes, loadLua, shownTable } from '../../../../test/sanjuuni/run-lua.ts'
import type { CellFrame } from '../cell-frame.ts'
import { luaSource } from './lua-source.ts'

test('a frame as the HTTP and WebSocket players load it returns its rows and its palette', () => {
  fc.assert(fc.property(cellFrames(), (frame) => {
    const [rows, palette] = loadLua(luaSource(frame), 'chunk')
    expect(inBytes(shownTable(rows!, palette!))).toEqual(expectedScreen(frame))
  }), { numRuns: 60 })
})

test('the game sees each of the 256 values of a colour', () => {
  for (let from = 0; from < 256; from += 48) {
    const frame = plainFrame(1, 1, { palette: Uint8Array.from({ length: 48 }, (_, index) => from + index) })
    const [rows, palette] = loadLua(luaSource(frame), 'chunk')
    expect(inBytes(shownTable(rows!, palette!))).toEqual(expectedScreen(frame))
  }
})

test('a frame is never as long as a message that the WebSocket player takes for a part of it', () => {
  const source = luaSource(frameOfSourceLength(65535))
  expect(source).toHaveLength(65536)
  expect(Buffer.from(source).toString('latin1').endsWith(' ')).toBe(true)
  expect(luaSource(frameOfSourceLength(65534))).toHaveLength(65534)
})

/** One row of letters, each with three bytes of source; the palette makes up for what is left. */
function frameOfSourceLength(bytes: number): CellFrame {
  for (const spare of [0, 1, 2]) {
    // A colour of 51 is 0.2, and one of 255 is 1.
    const palette = new Uint8Array(48).fill(255).fill(51, 0, spare)
    const rest = bytes - luaSource(plainFrame(1, 1, { character: 0x41, palette })).length
    if (rest % 3 === 0) return plainFrame(1 + rest / 3, 1, { character: 0x41, palette })
  }
  throw new Error('There is no such frame')
}
