import { CELL_HEIGHT, CELL_WIDTH, type CellFrame } from '../cell-frame.ts'
import type { PictureOptions } from '../converter-options.ts'
import { flatCells } from './flat-cells.ts'
import { openKernels, type Kernels } from './kernels.ts'
import { COLOR_WORDS, measureIn } from './measured-colors.ts'
import type { PictureSize } from './picture-size.ts'
import { thresholdsFor } from './thresholds.ts'

/** Draws pictures with the palettes that a PaletteMaker has made for them. It remembers nothing from one to the next. */
export interface CellMaker {
  cells(rgb: Uint8Array, palette: Uint8Array): CellFrame
}

/** `kernels` are this maker's own. */
export function createCellMaker(options: PictureOptions, size: PictureSize, kernels: Kernels = openKernels(bytesFor(size))): CellMaker {
  const { colorSpace, dither, isNfpized } = options
  const measure = measureIn(colorSpace)
  const columns = size.width / CELL_WIDTH
  const rows = size.height / CELL_HEIGHT
  const picture = kernels.bytes(size.width * size.height * 3)
  const pixels = kernels.words(size.width * size.height * COLOR_WORDS)
  const characters = kernels.bytes(columns * rows)
  const cellColors = kernels.bytes(columns * rows)
  return {
    cells(rgb, palette) {
      const colors = measure.toMeasured(palette)
      picture.set(rgb)
      if (colorSpace === 'lab') kernels.measureOklab(picture, pixels)
      else kernels.measureRgb(picture, pixels)
      if (isNfpized) return flatFrame(flatCells(pixels, { size, colors, dither }), { columns, rows, palette })
      if (dither === 'ordered') kernels.addThresholds(pixels, { size, thresholds: thresholdsFor(colors) })
      const draw = dither === 'diffusion' ? kernels.diffuseCells : kernels.chooseCells
      draw(pixels, { size, colors, characters, cellColors })
      return { columns, rows, characters: characters.slice(), colors: cellColors.slice(), palette }
    },
  }
}

function flatFrame(indices: Uint8Array, { columns, rows, palette }: Pick<CellFrame, 'columns' | 'rows' | 'palette'>): CellFrame {
  return { columns, rows, characters: new Uint8Array(indices.length), colors: indices.map((index) => index << 4), palette }
}

function bytesFor({ width, height }: PictureSize): number {
  return width * height * 12 + width * 16 + 65_536
}
