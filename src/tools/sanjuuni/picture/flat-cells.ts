import { CELL_HEIGHT, CELL_WIDTH, PALETTE_COLORS } from '../cell-frame.ts'
import type { Dither } from '../converter-options.ts'
import { BAYER_SIZE } from './bayer.ts'
import { COLOR_WORDS } from './measured-colors.ts'
import type { PictureSize } from './picture-size.ts'
import { thresholdsFor } from './thresholds.ts'

/** What goes to a pixel's neighbours of what its colour leaves, in sixteenths, in the direction of travel. */
const SHARES = [
  { across: 1, down: 0, share: 7 },
  { across: -1, down: 1, share: 3 },
  { across: 0, down: 1, share: 5 },
  { across: 1, down: 1, share: 1 },
]

interface FlatCellOptions {
  readonly size: PictureSize
  readonly colors: Int16Array
  readonly dither: Dither
}

/** The index of one measured colour for each cell, dithered as a picture whose pixels are the cells' means. */
export function flatCells(pixels: Int16Array, { size, colors, dither }: FlatCellOptions): Uint8Array {
  const columns = size.width / CELL_WIDTH
  const rows = size.height / CELL_HEIGHT
  const means = meansOf(pixels, size)
  if (dither === 'diffusion') return diffused(means, { columns, rows, colors })
  if (dither === 'ordered') {
    const thresholds = thresholdsFor(colors)
    for (let at = 0; at < means.length; at++) {
      const cell = Math.trunc(at / COLOR_WORDS)
      const level = Math.trunc(cell / columns) % BAYER_SIZE * BAYER_SIZE + cell % columns % BAYER_SIZE
      means[at] = means[at]! + thresholds[level * COLOR_WORDS + at % COLOR_WORDS]!
    }
  }
  return Uint8Array.from({ length: columns * rows }, (_, cell) => nearestTo(means, cell * COLOR_WORDS, colors))
}

function meansOf(pixels: Int16Array, { width, height }: PictureSize): Float64Array {
  const means = new Float64Array(width * height / (CELL_WIDTH * CELL_HEIGHT) * COLOR_WORDS)
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.trunc(y / CELL_HEIGHT) * (width / CELL_WIDTH)
    for (let x = 0; x < width; x++) {
      const to = (row + (x >> 1)) * COLOR_WORDS
      for (let word = 0; word < COLOR_WORDS; word++, at++) means[to + word] = means[to + word]! + pixels[at]! / (CELL_WIDTH * CELL_HEIGHT)
    }
  }
  return means
}

function diffused(means: Float64Array, { columns, rows, colors }: { columns: number; rows: number; colors: Int16Array }): Uint8Array {
  const indices = new Uint8Array(columns * rows)
  for (let y = 0; y < rows; y++) {
    const step = y % 2 === 0 ? 1 : -1
    for (let x = step > 0 ? 0 : columns - 1; x >= 0 && x < columns; x += step) {
      const at = (y * columns + x) * COLOR_WORDS
      const nearest = nearestTo(means, at, colors)
      indices[y * columns + x] = nearest
      for (const { across, down, share } of SHARES) {
        const neighbour = x + across * step
        if (neighbour < 0 || neighbour >= columns || y + down >= rows) continue
        const to = ((y + down) * columns + neighbour) * COLOR_WORDS
        for (let word = 0; word < 3; word++) {
          means[to + word] = means[to + word]! + (means[at + word]! - colors[nearest * COLOR_WORDS + word]!) * share / 16
        }
      }
    }
  }
  return indices
}

function nearestTo(means: Float64Array, at: number, colors: Int16Array): number {
  let least = Infinity
  let nearest = 0
  for (let color = 0; color < PALETTE_COLORS; color++) {
    const from = color * COLOR_WORDS
    const x = means[at]! - colors[from]!
    const y = means[at + 1]! - colors[from + 1]!
    const z = means[at + 2]! - colors[from + 2]!
    const distance = x * x + y * y + z * z
    if (distance >= least) continue
    least = distance
    nearest = color
  }
  return nearest
}
