/** A picture as a ComputerCraft screen shows it: in each character cell one character in one of 16 colours on another. */
export interface CellFrame {
  readonly columns: number
  readonly rows: number
  /**
   * One byte a cell, row by row. 0x80 to 0x9f draw two by three pixels: bit 0 is the top left one, then the top right,
   * down to bit 4, the bottom left; where a bit is set the pixel has the foreground's colour. The bottom right pixel
   * always has the background's. 0 is a cell of one colour that is meant as one pixel; anything else is a letter.
   */
  readonly characters: Uint8Array
  /** One byte a cell, row by row: the background's palette index times 16, plus the foreground's. */
  readonly colors: Uint8Array
  /** 16 colours of three bytes, red, green and blue. */
  readonly palette: Uint8Array
}

export const PALETTE_COLORS = 16
export const PALETTE_BYTES = PALETTE_COLORS * 3
export const CELL_WIDTH = 2
export const CELL_HEIGHT = 3

/** A cell of one colour. */
export const SOLID = 0x80
