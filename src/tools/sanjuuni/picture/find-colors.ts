import { PALETTE_COLORS } from '../cell-frame.ts'
import type { PaletteMethod, PictureOptions } from '../converter-options.ts'
import type { ColorBins } from './color-bins.ts'
import { distinctColors } from './distinct-colors.ts'
import { badlyServed, fixedColorsOf } from './fixed-colors.ts'
import { refineColors, SUMS } from './k-means.ts'
import type { Kernels } from './kernels.ts'
import { COLOR_WORDS, measureIn } from './measured-colors.ts'
import { medianCut } from './median-cut.ts'
import { octree } from './octree.ts'
import { orderByBrightness } from './palette-order.ts'

interface Method {
  readonly colors: (bins: ColorBins, count: number) => number[]
  /** Of k-means, after that. Most of what rounds can gain, they gain in the first ones. */
  readonly rounds: number
}

const METHODS: Record<Exclude<PaletteMethod, 'default'>, Method> = {
  'median-cut': { colors: medianCut, rounds: 12 },
  octree: { colors: octree, rounds: 0 },
  'k-means': { colors: medianCut, rounds: 40 },
}

/** Colours that are found beside given ones are at least so well placed. */
const ROUNDS_BESIDE_LOCKED = 8

export type FindingOptions = PictureOptions & { readonly palette: Exclude<PaletteMethod, 'default'> }

/** What a finder takes of its kernels' memory. */
export function finderBytes(): number {
  return SUMS * 8 + 16
}

/** Finds a palette for a picture and its bins. A picture of few colours gets just these. */
export function createColorFinder(kernels: Kernels, options: FindingOptions): (rgb: Uint8Array, bins: ColorBins) => Uint8Array {
  const { locked, free, palette: given } = fixedColorsOf(options)
  const measure = measureIn(options.colorSpace)
  const measuredGiven = measure.toMeasured(given)
  const sums = kernels.floats(SUMS)
  const method = METHODS[options.palette]
  const rounds = locked.size > 0 ? Math.max(method.rounds, ROUNDS_BESIDE_LOCKED) : method.rounds

  function found(bins: ColorBins): Uint8Array {
    const needed = locked.size > 0 ? badlyServed(bins, measuredGiven, locked) : bins
    const colors = needed.length > 0 ? method.colors(needed, free.length) : []
    const start = measuredGiven.slice()
    for (const [at, slot] of free.entries()) {
      const from = Math.min(at * COLOR_WORDS, colors.length - COLOR_WORDS)
      start.set(colors.slice(from, from + COLOR_WORDS), slot * COLOR_WORDS)
    }
    const refined = measure.toRgb(refineColors(kernels, bins, start, { rounds, sums, locked }))
    return Uint8Array.from(free.flatMap((slot) => [...refined.subarray(slot * 3, slot * 3 + 3)]))
  }

  return (rgb, bins) => {
    const few = bins.length <= PALETTE_COLORS ? distinctColors(rgb, free.length) : undefined
    const colors = orderByBrightness(few ? repeated(few, free.length) : found(bins))
    const palette = given.slice()
    for (const [at, slot] of free.entries()) palette.set(colors.subarray(at * 3, at * 3 + 3), slot * 3)
    return palette
  }
}

function repeated(colors: Uint8Array, count: number): Uint8Array {
  return Uint8Array.from({ length: count * 3 }, (_, at) => colors[at < colors.length ? at : colors.length - 3 + at % 3]!)
}
