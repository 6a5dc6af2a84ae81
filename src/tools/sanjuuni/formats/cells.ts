import { PALETTE_BYTES, type CellFrame } from '../cell-frame.ts'
import type { Screens } from './frame-encoder.ts'

const WALL_BYTES = 2
const SIZE_BYTES = 4

/** How many monitors stand side by side, and one above the other. */
export interface Grid {
  readonly columns: number
  readonly rows: number
}

export interface CellsFrame {
  readonly grid: Grid
  readonly screens: Screens
}

export class MalformedCellsError extends Error {
  readonly code = 'malformed_cells'
}

/**
 * A frame as players of the hub get it: u8 monitors wide, u8 monitors high, then for each monitor, row by row, u16le
 * columns, u16le rows, the characters, the colours and the palette.
 */
export function encodeCells(screens: Screens, grid: Grid = { columns: 1, rows: 1 }): Uint8Array {
  const bytes = Buffer.allocUnsafe(screens.reduce((sum, frame) => sum + screenBytes(frame), WALL_BYTES))
  bytes[0] = grid.columns
  bytes[1] = grid.rows
  let at = WALL_BYTES
  for (const frame of screens) {
    bytes.writeUInt16LE(frame.columns, at)
    bytes.writeUInt16LE(frame.rows, at + 2)
    at += SIZE_BYTES
    for (const part of [frame.characters, frame.colors, frame.palette]) {
      bytes.set(part, at)
      at += part.length
    }
  }
  return bytes
}

/** The frames share the memory of `bytes`. Throws MalformedCellsError for bytes that are no frame of cells. */
export function decodeCells(bytes: Uint8Array): CellsFrame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < WALL_BYTES) throw new MalformedCellsError('A frame of cells begins with the size of its wall')
  const grid = { columns: bytes[0]!, rows: bytes[1]! }
  const screens: CellFrame[] = []
  let at = WALL_BYTES
  for (let monitor = 0; monitor < grid.columns * grid.rows; monitor++) {
    if (at + SIZE_BYTES > bytes.length) throw new MalformedCellsError(`Monitor ${monitor + 1} is not there`)
    const [columns, rows] = [view.getUint16(at, true), view.getUint16(at + 2, true)]
    const end = at + screenBytes({ columns, rows })
    if (end > bytes.length) throw new MalformedCellsError(`Monitor ${monitor + 1} of ${columns}×${rows} cells is cut short`)
    const colorsAt = at + SIZE_BYTES + columns * rows
    const paletteAt = colorsAt + columns * rows
    screens.push({
      columns,
      rows,
      characters: bytes.subarray(at + SIZE_BYTES, colorsAt),
      colors: bytes.subarray(colorsAt, paletteAt),
      palette: bytes.subarray(paletteAt, end),
    })
    at = end
  }
  if (at < bytes.length) throw new MalformedCellsError(`There are ${bytes.length - at} bytes behind the last monitor`)
  return { grid, screens }
}

function screenBytes({ columns, rows }: Grid): number {
  return SIZE_BYTES + 2 * columns * rows + PALETTE_BYTES
}
