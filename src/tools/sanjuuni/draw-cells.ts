import { CELL_HEIGHT, CELL_WIDTH, type CellFrame, SOLID } from './cell-frame.ts'
import type { CellsFrame } from './formats/cells.ts'

export interface Drawing {
  readonly width: number
  readonly height: number
  /** Three bytes a pixel, row by row. */
  readonly rgb: Buffer
}

/** What screens of ComputerCraft show, six pixels a cell, a wall's monitors edge to edge. Letters are left out: their cells are the background's. */
export function drawCells({ grid, screens }: CellsFrame): Drawing {
  const widths = Array.from({ length: grid.columns }, (_, column) => screens[column]!.columns * CELL_WIDTH)
  const heights = Array.from({ length: grid.rows }, (_, row) => screens[row * grid.columns]!.rows * CELL_HEIGHT)
  const [width, height] = [sum(widths), sum(heights)]
  const rgb = Buffer.alloc(width * height * 3)
  screens.forEach((screen, index) => {
    const [column, row] = [index % grid.columns, Math.floor(index / grid.columns)]
    drawScreen(rgb, screen, { width, left: sum(widths.slice(0, column)), top: sum(heights.slice(0, row)) })
  })
  return { width, height, rgb }
}

function drawScreen(rgb: Buffer, { columns, rows, characters, colors, palette }: CellFrame, { width, left, top }: { width: number; left: number; top: number }): void {
  for (let cell = 0; cell < columns * rows; cell++) {
    const character = characters[cell]!
    const bits = character >= SOLID && character < SOLID + 32 ? character - SOLID : 0
    const [background, foreground] = [colors[cell]! >> 4, colors[cell]! & 15]
    const x = left + (cell % columns) * CELL_WIDTH
    const y = top + Math.floor(cell / columns) * CELL_HEIGHT
    for (let pixel = 0; pixel < CELL_WIDTH * CELL_HEIGHT; pixel++) {
      const color = ((bits >> pixel) & 1 ? foreground : background) * 3
      const at = ((y + (pixel >> 1)) * width + x + (pixel & 1)) * 3
      rgb[at] = palette[color]!
      rgb[at + 1] = palette[color + 1]!
      rgb[at + 2] = palette[color + 2]!
    }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
