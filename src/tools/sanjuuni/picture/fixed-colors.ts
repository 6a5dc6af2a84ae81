import { PALETTE_BYTES, PALETTE_COLORS } from '../cell-frame.ts'
import type { PictureOptions } from '../converter-options.ts'
import type { ColorBins } from './color-bins.ts'
import { COLOR_WORDS } from './measured-colors.ts'

/** Measured. What is nearer than this to a given colour hardly needs another one. */
const NEAR = 256

/** The slots of a palette whose colours are given, and those whose colours are to be found. */
export interface FixedColors {
  readonly locked: ReadonlySet<number>
  readonly free: readonly number[]
  /** Zeros where a slot is free. */
  readonly palette: Uint8Array
}

export function fixedColorsOf({ fixedColors = [] }: Pick<PictureOptions, 'fixedColors'>): FixedColors {
  const slots = Array.from({ length: PALETTE_COLORS }, (_, slot) => slot)
  const palette = new Uint8Array(PALETTE_BYTES)
  for (const [slot, color] of fixedColors.entries()) if (color) palette.set(color, slot * 3)
  return {
    locked: new Set(slots.filter((slot) => fixedColors[slot])),
    free: slots.filter((slot) => !fixedColors[slot]),
    palette,
  }
}

/** The bins with less weight the better one of the locked colours serves them. */
export function badlyServed({ length, colors, weights }: ColorBins, measuredPalette: Int16Array, locked: ReadonlySet<number>): ColorBins {
  const needed = new Int32Array(length)
  for (let bin = 0; bin < length; bin++) {
    const at = bin * COLOR_WORDS
    let least = Infinity
    for (const slot of locked) {
      const to = slot * COLOR_WORDS
      const x = colors[at]! - measuredPalette[to]!
      const y = colors[at + 1]! - measuredPalette[to + 1]!
      const z = colors[at + 2]! - measuredPalette[to + 2]!
      least = Math.min(least, x * x + y * y + z * z)
    }
    needed[bin] = Math.ceil(weights[bin]! * least / (least + NEAR * NEAR))
  }
  const kept = [...needed.keys()].filter((bin) => needed[bin]! > 0)
  return {
    length: kept.length,
    colors: Int16Array.from(kept.flatMap((bin) => [...colors.subarray(bin * COLOR_WORDS, (bin + 1) * COLOR_WORDS)])),
    weights: Int32Array.from(kept, (bin) => needed[bin]!),
  }
}
