import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assembled } from '../../../../test/sanjuuni/assembled.ts'
import { cellFrames, plainFrame } from '../../../../test/sanjuuni/cell-frames.ts'
import { expectedScreen, inBytes, runProgram } from '../../../../test/sanjuuni/run-lua.ts'
import { encodeLuaFrame, luaWriter } from './lua.ts'

const WALL = { columns: 2, rows: 2, blocks: { width: 8, height: 6 }, textScale: 1.5, trimsBorders: false }

test('a script shows each frame for its time, and then puts the colours back', () => {
  fc.assert(fc.property(fc.tuple(cellFrames(), cellFrames()), ([first, second]) => {
    // The same size: what a program draws over stays where it is not drawn over.
    const frames = [first, { ...second, columns: first.columns, rows: first.rows, characters: first.characters, colors: first.colors }]
    const events = runProgram(assembled(luaWriter({ fps: 20 }), frames.map((frame) => encodeLuaFrame([frame]))))
    expect(events.map(({ event }) => event)).toEqual(['sleep 0.05', 'sleep 0.05', 'end'])
    expect(events.slice(0, 2).map(({ screens: [screen] }) => inBytes(screen!))).toEqual(frames.map(expectedScreen))
    expect(events[2]!.screens[0]).toMatchObject({ lines: [], palette: Array(16).fill([0.5, 0.5, 0.5]) })
  }), { numRuns: 40 })
})

test('a script of one picture waits for a key', () => {
  const frame = plainFrame(5, 4, { character: 0x99 })
  const events = runProgram(assembled(luaWriter({ fps: 0 }), [encodeLuaFrame([frame])]))
  expect(events.map(({ event }) => event)).toEqual(['read', 'end'])
  expect(inBytes(events[0]!.screens[0]!)).toEqual(expectedScreen(frame))
})

test('a script for a wall has each monitor touched once and shows each its own frame', () => {
  const screens = [0x10, 0x20, 0x30, 0x40].map((color, index) =>
    plainFrame(3 + index, 2, { color, palette: new Uint8Array(48).fill(color) }))
  const [moment, end] = runProgram(assembled(luaWriter({ fps: 10, monitors: WALL }), [encodeLuaFrame(screens)]), WALL)
  expect(moment).toMatchObject({ event: 'sleep 0.1' })
  expect(moment!.screens.map((screen) => inBytes({ ...screen, scale: 0 }))).toEqual(screens.map(expectedScreen))
  expect(moment!.screens.map(({ scale }) => scale)).toEqual([1.5, 1.5, 1.5, 1.5])
  expect(end).toMatchObject({ event: 'read' })
})

test('a script may have more strings than one Lua function has room for', () => {
  const frame = plainFrame(4, 81)
  const frames = Array.from({ length: 700 }, (_, index) => {
    const colors = Array.from({ length: 4 * 81 }, (_, cell) => ((index * 81 + (cell >> 2)) >> (4 * (cell & 3))) & 15)
    return encodeLuaFrame([{ ...frame, colors: Uint8Array.from(colors) }])
  })
  const events = runProgram(assembled(luaWriter({ fps: 20 }), frames))
  expect(events).toHaveLength(701)
})
