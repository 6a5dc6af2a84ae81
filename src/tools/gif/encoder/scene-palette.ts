import { colorDistance } from './color-distance.ts'
import { NearestColor } from './nearest-color.ts'

/** The colours of one or more frames. */
export interface ScenePalette {
  /** Three bytes each; the index behind the last leaves a pixel as it is. */
  readonly colors: Uint8Array
  readonly clear: number
  readonly nearest: NearestColor
  /** How far a colour is from the next one, on the whole; in 8-bit steps. */
  readonly spacing: number
  /** Nothing that is shown under it is lost. */
  readonly isExact: boolean
}

export function scenePalette(colors: Uint8Array, { isExact }: { readonly isExact: boolean }): ScenePalette {
  return { colors, isExact, clear: colors.length / 3, nearest: new NearestColor(colors), spacing: spacingOf(colors) }
}

/** Of each index those whose colours differ by no more than this, squared, itself the first. */
export function standInsOf({ colors }: ScenePalette, most: number): readonly Uint8Array[] {
  const count = colors.length / 3
  return Array.from({ length: count + 1 }, (_, index) => {
    const near = Array.from({ length: count }, (_each, other) => ({ other, distance: between(colors, index, other) }))
      .filter(({ other, distance }) => index < count && other !== index && distance <= most)
      .sort((a, b) => a.distance - b.distance).slice(0, MOST_STAND_INS)
    return Uint8Array.of(index, ...near.map(({ other }) => other))
  })
}

const MOST_STAND_INS = 8

/** The median distance to the nearest neighbour. */
function spacingOf(colors: Uint8Array): number {
  const count = colors.length / 3
  const nearest = Array.from({ length: count }, (_, color) => {
    let least = Infinity
    for (let other = 0; other < count; other++) if (other !== color) least = Math.min(least, between(colors, color, other))
    return Math.sqrt(least)
  }).sort((a, b) => a - b)
  const median = nearest[count >> 1] ?? 0
  return Number.isFinite(median) ? median : 0
}

function between(colors: Uint8Array, one: number, other: number): number {
  return colorDistance(
    colors[one * 3]! - colors[other * 3]!, colors[one * 3 + 1]! - colors[other * 3 + 1]!, colors[one * 3 + 2]! - colors[other * 3 + 2]!,
  )
}
