import { CELL_HEIGHT, CELL_WIDTH, type CellFrame } from '../cell-frame.ts'
import type { FileWriter } from './file-writer.ts'
import type { Screens } from './frame-encoder.ts'
import { onlyScreen } from './only-screen.ts'
import { pictureWriter } from './picture-writer.ts'
import { patternOf } from './vid32/planes.ts'

const NEWLINE = 0x0a
const HEX_DIGITS = Buffer.from('0123456789abcdef')

/** A digit a pixel and a line a row, without any palette. A frame of nothing but one-colour cells has one pixel for each. */
export function encodeNfp(screens: Screens): Uint8Array {
  const frame = onlyScreen(screens, 'NFP')
  return frame.characters.every((character) => character === 0) ? cellsAsPixels(frame) : pixels(frame)
}

/** Frames follow each other without anything between them. */
export function nfpWriter(): FileWriter {
  return pictureWriter({ head: '', afterFrame: '', tail: () => '' })
}

function cellsAsPixels({ columns, rows, colors }: CellFrame): Uint8Array {
  const text = new Uint8Array(rows * (columns + 1))
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) text[at++] = HEX_DIGITS[colors[row * columns + column]! >> 4]!
    text[at++] = NEWLINE
  }
  return text
}

function pixels({ columns, rows, characters, colors }: CellFrame): Uint8Array {
  const line = columns * CELL_WIDTH + 1
  const text = new Uint8Array(rows * CELL_HEIGHT * line).fill(NEWLINE)
  for (let cell = 0; cell < characters.length; cell++) {
    const at = Math.trunc(cell / columns) * CELL_HEIGHT * line + (cell % columns) * CELL_WIDTH
    const pattern = patternOf(characters[cell]!)
    const color = colors[cell]!
    for (let pixel = 0; pixel < CELL_WIDTH * CELL_HEIGHT; pixel++) {
      const index = (pattern >> pixel) & 1 ? color & 15 : color >> 4
      text[at + (pixel >> 1) * line + (pixel & 1)] = HEX_DIGITS[index]!
    }
  }
  return text
}
