import type { PictureOptions } from '../converter-options.ts'
import { counterBytes, createColorCounter } from './color-bins.ts'
import { COMPUTERCRAFT_PALETTE } from './computercraft-palette.ts'
import { createColorFinder, finderBytes } from './find-colors.ts'
import { fixedColorsOf } from './fixed-colors.ts'
import { openKernels, type Kernels } from './kernels.ts'
import { createPaletteHold, holdBytes } from './palette-hold.ts'
import type { PictureSize } from './picture-size.ts'

/** Sees a video's pictures one after another, and finds 16 colours for each. */
export interface PaletteMaker {
  /** Three bytes a colour. */
  next(rgb: Uint8Array): Uint8Array
}

/** `kernels` are this maker's own. */
export function createPaletteMaker(options: PictureOptions, size: PictureSize, kernels?: Kernels): PaletteMaker {
  const fixed = fixedColorsOf(options)
  const { palette: method } = options
  if (method === 'default') {
    const palette = COMPUTERCRAFT_PALETTE.map((byte, at) => (fixed.locked.has(Math.trunc(at / 3)) ? fixed.palette[at]! : byte))
    return { next: () => palette.slice() }
  }
  if (fixed.free.length === 0) return { next: () => fixed.palette.slice() }
  const own = kernels ?? openKernels(counterBytes(size) + finderBytes() + holdBytes())
  const count = createColorCounter(own, { size, colorSpace: options.colorSpace })
  const hold = createPaletteHold(own, options, createColorFinder(own, { ...options, palette: method }))
  return { next: (rgb) => hold(rgb, count(rgb)) }
}
