import { PALETTE_COLORS } from '../cell-frame.ts'
import type { PictureOptions } from '../converter-options.ts'
import type { ColorBins } from './color-bins.ts'
import { widenColors } from './diffusion-hull.ts'
import { fixedColorsOf } from './fixed-colors.ts'
import { refineColors, SUMS } from './k-means.ts'
import type { Kernels } from './kernels.ts'
import { COLOR_WORDS, measureIn } from './measured-colors.ts'

const ROUNDS = 12

/** A palette is exchanged only for one that leaves less than this share of its error. */
const WORTH = 0.8

/** Another palette is looked for when the error has grown so, when so many pixels have other colours, or after so many pictures. */
const GROWN = 1.25
const CHANGED = 0.5
const LATEST = 20

/** How far a held colour's channels follow the pixels from one picture to the next, and what is too little to follow. */
const MOST_MOVED = 2
const UNMOVED = 1

/** What a hold takes of its kernels' memory. */
export function holdBytes(): number {
  return SUMS * 8 + 16
}

/**
 * Keeps a video's palette still: its colours follow slow changes step by step, noise does not move them, and a cut gets the
 * palette that `find` finds for it, or the held one moved to the new pixels where that is as good.
 */
export function createPaletteHold(kernels: Kernels, options: PictureOptions, find: (rgb: Uint8Array, bins: ColorBins) => Uint8Array) {
  const { locked } = fixedColorsOf(options)
  const measure = measureIn(options.colorSpace)
  const sums = kernels.floats(SUMS)
  const rounds = options.palette === 'octree' ? 0 : ROUNDS
  let held: Uint8Array | undefined
  // What is added to the held colours where they will be mixed. It stays as long as the palette is not exchanged.
  let outward = new Int16Array(PALETTE_COLORS * 3)
  let usualError = 0
  let usualWeights: Float64Array = new Float64Array(PALETTE_COLORS)
  let age = 0

  return (rgb: Uint8Array, bins: ColorBins): Uint8Array => {
    if (!held) return exchange(refined(find(rgb, bins), bins), bins)
    const error = errorOf(held, bins)
    const followed = rounds > 0 ? followedBy(held) : held
    usualError = Math.min(usualError, error)
    if (error <= usualError * GROWN && changed() <= CHANGED && age < LATEST) {
      age++
      held = followed
      return shown(held)
    }
    const better = best([refined(held, bins), refined(find(rgb, bins), bins)], bins)
    if (better.error < error * WORTH) return exchange(better.palette, bins)
    take(held, bins)
    held = followed
    return shown(held)
  }

  function exchange(palette: Uint8Array, bins: ColorBins): Uint8Array {
    take(palette, bins)
    if (options.dither === 'diffusion') outward = outwardOf(palette, bins)
    return shown(palette)
  }

  function shown(palette: Uint8Array): Uint8Array {
    return Uint8Array.from(palette, (byte, at) => Math.max(0, Math.min(255, byte + outward[at]!)))
  }

  function outwardOf(palette: Uint8Array, bins: ColorBins): Int16Array<ArrayBuffer> {
    const widened = measure.toRgb(widenColors(measure.toMeasured(palette), bins))
    return Int16Array.from(widened, (byte, at) => (locked.has(Math.trunc(at / 3)) ? 0 : byte - palette[at]!))
  }

  function take(palette: Uint8Array, bins: ColorBins): void {
    held = palette
    usualError = errorOf(palette, bins)
    usualWeights = weights()
    age = 0
  }

  /** Leaves in `sums` what is nearest to each colour. */
  function errorOf(palette: Uint8Array, bins: ColorBins): number {
    return kernels.assignColors(bins, { colors: measure.toMeasured(palette), sums })
  }

  function refined(palette: Uint8Array, bins: ColorBins): Uint8Array {
    // So few colours have been found exactly.
    if (bins.length <= PALETTE_COLORS) return palette
    const found = measure.toRgb(refineColors(kernels, bins, measure.toMeasured(palette), { rounds, sums, locked }))
    for (const slot of locked) found.set(palette.subarray(slot * 3, slot * 3 + 3), slot * 3)
    return found
  }

  /** The first of those that are nearly as good as the best: the held one, if it is among them, keeps its colours in their slots. */
  function best(palettes: readonly Uint8Array[], bins: ColorBins): { palette: Uint8Array; error: number } {
    const tried = palettes.map((palette) => ({ palette, error: errorOf(palette, bins) }))
    const least = Math.min(...tried.map(({ error }) => error))
    return tried.find(({ error }) => error * WORTH <= least)!
  }

  /** The palette, nearer to the means of what `sums` says is nearest to its colours. */
  function followedBy(palette: Uint8Array): Uint8Array {
    const measured = measure.toMeasured(palette)
    for (let color = 0; color < PALETTE_COLORS; color++) {
      const weight = sums[color * 4]!
      if (weight === 0) continue
      for (let word = 0; word < 3; word++) measured[color * COLOR_WORDS + word] = Math.round(sums[color * 4 + 1 + word]! / weight)
    }
    const means = measure.toRgb(measured)
    return palette.map((byte, at) => {
      const away = means[at]! - byte
      if (locked.has(Math.trunc(at / 3)) || Math.abs(away) <= UNMOVED) return byte
      return byte + Math.max(-MOST_MOVED, Math.min(MOST_MOVED, away))
    })
  }

  /** The share of the pixels that belong to other colours than they usually do. */
  function changed(): number {
    const now = weights()
    const all = now.reduce((sum, weight) => sum + weight)
    return now.reduce((sum, weight, color) => sum + Math.abs(weight - usualWeights[color]!), 0) / 2 / all
  }

  function weights(): Float64Array {
    return Float64Array.from({ length: PALETTE_COLORS }, (_, color) => sums[color * 4]!)
  }
}
