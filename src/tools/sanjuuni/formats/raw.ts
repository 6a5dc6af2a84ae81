import { crc32 } from 'node:zlib'
import { PALETTE_BYTES, type CellFrame } from '../cell-frame.ts'
import type { FileWriter } from './file-writer.ts'
import type { Screens } from './frame-encoder.ts'
import { onlyScreen } from './only-screen.ts'
import { pictureWriter } from './picture-writer.ts'

const HEAD_BYTES = 16
const LONGEST_RUN = 255
/** Of base64, in a packet whose size has four digits. */
const MOST_SHORT_BYTES = 0xffff

/** A line of CraftOS-PC's raw mode: one packet with all that the terminal shows. */
export function encodeRaw(screens: Screens): Uint8Array {
  const payload = terminalContents(onlyScreen(screens, 'raw mode'))
  const base64 = payload.toString('base64')
  const isShort = base64.length <= MOST_SHORT_BYTES
  const size = base64.length.toString(16).toUpperCase().padStart(isShort ? 4 : 12, '0')
  const check = crc32(payload).toString(16).padStart(8, '0')
  return Buffer.from(`!CP${isShort ? 'C' : 'D'}${size}${base64}${check}\n`, 'latin1')
}

export function rawWriter({ fps }: { readonly fps: number }): FileWriter {
  return pictureWriter({ head: `32Vid 1.1\n${Number(fps.toPrecision(6))}\n`, afterFrame: '', tail: () => '' })
}

function terminalContents({ columns, rows, characters, colors, palette }: CellFrame): Buffer {
  const payload = Buffer.alloc(HEAD_BYTES + 2 * characters.length + 2 * colors.length + PALETTE_BYTES)
  payload.writeUInt16LE(columns, 4)
  payload.writeUInt16LE(rows, 6)
  const afterCharacters = writeRuns(characters, payload, HEAD_BYTES)
  const afterColors = writeRuns(colors, payload, afterCharacters)
  payload.set(palette, afterColors)
  return payload.subarray(0, afterColors + PALETTE_BYTES)
}

/** Pairs of a byte and how often it comes. */
function writeRuns(bytes: Uint8Array, target: Buffer, from: number): number {
  let to = from
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at]!
    const start = at++
    while (at < bytes.length && at - start < LONGEST_RUN && bytes[at] === byte) at++
    target[to++] = byte
    target[to++] = at - start
  }
  return to
}
