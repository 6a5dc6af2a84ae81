import { CELL_HEIGHT, CELL_WIDTH } from '../cell-frame.ts'
import { createDiffusionCell } from './diffusion-cell.ts'
import type { Kernels } from './kernels.ts'
import { COLOR_WORDS } from './measured-colors.ts'

/** What goes to a cell's neighbours of what it leaves, in 32nds. The rest is dropped, so that old errors fade. */
const AHEAD = 14
const BELOW = 14

/** A cell hands on at most this much: what the palette cannot mix must not run over into the next object. */
const MOST_LEFT = 1024

/**
 * Error diffusion from cell to cell, to and fro. A cell's pixels are moved by what the cells before left. Then it gets the
 * two colours that serve both the single pixels and their mean best, and as many pixels of each as the mean needs. The
 * picture's two halves know nothing of each other, so that they can be drawn at the same time.
 */
export function diffuseCells(pixels: Int16Array, options: DiffuseOptions): void {
  const rows = options.size.height / CELL_HEIGHT
  const half = Math.ceil(rows / 2)
  diffuseRows(pixels, { ...options, from: 0, to: half })
  diffuseRows(pixels, { ...options, from: half, to: rows })
}

type DiffuseOptions = Parameters<Kernels['diffuseCells']>[1]

function diffuseRows(pixels: Int16Array, options: DiffuseOptions & { from: number; to: number }): void {
  const { size, colors, characters, cellColors, from, to } = options
  const columns = size.width / CELL_WIDTH
  const cell = createDiffusionCell(colors)
  let carried = new Int16Array((columns + 2) * COLOR_WORDS)
  let below = new Int16Array((columns + 2) * COLOR_WORDS)
  for (let row = from; row < to; row++) {
    below.fill(0)
    const step = (row - from) % 2 === 0 ? 1 : -1
    for (let column = step > 0 ? 0 : columns - 1; column >= 0 && column < columns; column += step) {
      const at = (column + 1) * COLOR_WORDS
      const first = (row * CELL_HEIGHT * size.width + column * CELL_WIDTH) * COLOR_WORDS
      for (let word = 0; word < cell.pixels.length; word++) {
        const source = first + (word >> 3) * size.width * COLOR_WORDS + (word & 7)
        const carry = carried[at + (word & 3)]!
        // Half as much again for the upper pixels and half for the lower: the errors are nearer to the upper ones.
        cell.pixels[word] = pixels[source]! + carry + (1 - (word >> 3)) * (carry >> 1)
      }
      const { character, color } = cell.choose()
      characters[row * columns + column] = character
      cellColors[row * columns + column] = color
      const ahead = at + step * COLOR_WORDS
      for (let word = 0; word < 3; word++) {
        const left = Math.max(-MOST_LEFT, Math.min(MOST_LEFT, cell.left[word]!))
        add(carried, ahead + word, left * AHEAD)
        add(below, at + word, left * BELOW)
      }
    }
    const done = carried
    carried = below
    below = done
  }
}

function add(to: Int16Array, at: number, parts: number): void {
  to[at] = to[at]! + (parts + 16 >> 5)
}
