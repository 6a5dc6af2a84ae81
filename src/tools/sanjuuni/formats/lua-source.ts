import type { CellFrame } from '../cell-frame.ts'
import { addPalette, addRows, COMPACT, expectedBytes } from './blit-table.ts'
import { LuaText } from './lua-text.ts'

/** A player of sanjuuni's WebSocket protocol takes a message of this size for a part of a longer one. */
const PART_BYTES = 65535

/** A frame as sanjuuni's HTTP and WebSocket players load it: Lua source that returns its rows and its palette. */
export function luaSource(frame: CellFrame): Uint8Array {
  const text = new LuaText(expectedBytes(frame)).add('return {')
  addRows(text, frame, COMPACT)
  text.add('},{')
  addPalette(text, frame.palette, COMPACT)
  text.add('}')
  return text.bytes.length % PART_BYTES === 0 ? text.add(' ').bytes : text.bytes
}
