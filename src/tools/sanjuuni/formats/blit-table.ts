import { PALETTE_COLORS, SOLID, type CellFrame } from '../cell-frame.ts'
import type { Escapes, LuaText } from './lua-text.ts'

/** How a frame looks as a Lua table. */
export interface TableLayout {
  readonly escapes: Escapes
  /** Before each row and entry. */
  readonly indent: string
  /** Behind each row and entry. */
  readonly newline: string
}

export const READABLE: TableLayout = { escapes: 'text', indent: '    ', newline: '\n' }
export const COMPACT: TableLayout = { escapes: 'text', indent: '', newline: '' }
export const BINARY: TableLayout = { escapes: 'binary', indent: '', newline: '' }

/** About the most bytes of a frame's tables. */
export function expectedBytes({ columns, rows }: CellFrame): number {
  return 6 * columns * rows + 32 * rows + 2048
}

/** Adds `{ text, foregrounds, backgrounds }` for each row, as `term.blit` takes them. */
export function addRows(text: LuaText, frame: CellFrame, { escapes, indent, newline }: TableLayout): void {
  const line = new Uint8Array(frame.columns)
  for (let row = 0; row < frame.rows; row++) {
    const from = row * frame.columns
    const colors = frame.colors.subarray(from, from + frame.columns)
    for (let column = 0; column < line.length; column++) line[column] = shownAs(frame.characters[from + column]!)
    text.add(`${indent}{`).addString(line, escapes).add(',').addDigits(colors, 0).add(',').addDigits(colors, 4).add(`},${newline}`)
  }
}

/** Adds the entries of the palette's table, the first one at 0. */
export function addPalette(text: LuaText, palette: Uint8Array, { indent, newline }: TableLayout): void {
  for (let color = 0; color < PALETTE_COLORS; color++) {
    const channels = Array.from(palette.subarray(3 * color, 3 * color + 3), (value) => FRACTIONS[value])
    text.add(`${indent}${color === 0 ? '[0]=' : ''}{${channels.join(',')}},${newline}`)
  }
}

// Rounded up, since the game cuts off what is left of a byte.
const FRACTIONS = Array.from({ length: 256 }, (_, value) => String(Math.ceil((value * 10000) / 255) / 10000))

/** A space looks the same as a cell of one colour, and needs no escape. */
function shownAs(character: number): number {
  return character === 0 || character === SOLID ? 0x20 : character
}
