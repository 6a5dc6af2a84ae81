import type { ScenePalette } from './scene-palette.ts'

export const DITHERINGS = ['sierra', 'bayer', 'none'] as const
export type Dithering = (typeof DITHERINGS)[number]

/** Chooses colours of a frame, pixel by pixel and row by row, so that their mean is that of the frame. */
export interface Chooser {
  /** Whether this row has to be gone through from the right. */
  startRow(y: number): boolean
  /** An index of the palette for a pixel of the row. */
  choose(x: number, red: number, green: number, blue: number): number
}

export interface ChooserOptions {
  /** Pixels of a row. */
  readonly width: number
  readonly palette: ScenePalette
}

export function chooserFor(dithering: Dithering, options: ChooserOptions): Chooser {
  if (dithering === 'bayer') return new OrderedChooser(options)
  return dithering === 'sierra' ? new DiffusingChooser(options) : { startRow: () => false, choose: (_x, red, green, blue) => options.palette.nearest.find(red, green, blue) }
}

// The 8 x 8 matrix of Bayer, "An optimum method for two-level rendition of continuous-tone pictures", 1973.
const SIDE = 8
const BAYER = Float64Array.from({ length: SIDE * SIDE }, (_, at) => {
  const [x, y] = [at % SIDE, Math.floor(at / SIDE)]
  let rank = 0
  for (let bit = 0; bit < 3; bit++) rank |= ((((x ^ y) >> bit) & 1) << (5 - 2 * bit)) | (((y >> bit) & 1) << (4 - 2 * bit))
  return (rank + 0.5) / (SIDE * SIDE) - 0.5
})

/** A pattern that stays where it is, so that what does not move needs not be drawn again. */
class OrderedChooser implements Chooser {
  readonly #palette: ScenePalette
  #row = 0

  constructor({ palette }: ChooserOptions) {
    this.#palette = palette
  }

  startRow(y: number): boolean {
    this.#row = (y % SIDE) * SIDE
    return false
  }

  choose(x: number, red: number, green: number, blue: number): number {
    const { spacing, nearest } = this.#palette
    const push = BAYER[this.#row + (x % SIDE)]! * spacing
    return nearest.find(toByte(red + push), toByte(green + push), toByte(blue + push))
  }
}

/** So much of a pixel's error goes on: all of it makes worms, and files large. */
const STRENGTH = 0.75

/** Sierra's small filter (2-4A): half of the error to the next pixel, a quarter each to the two below; to and fro. */
class DiffusingChooser implements Chooser {
  readonly #palette: ScenePalette
  #row: Float32Array
  #below: Float32Array
  #ahead = 3

  constructor({ width, palette }: ChooserOptions) {
    this.#palette = palette
    this.#row = new Float32Array((width + 2) * 3)
    this.#below = new Float32Array((width + 2) * 3)
  }

  startRow(y: number): boolean {
    const used = this.#row
    this.#row = this.#below
    this.#below = used.fill(0)
    const isBackward = y % 2 === 1
    this.#ahead = isBackward ? -3 : 3
    return isBackward
  }

  choose(x: number, red: number, green: number, blue: number): number {
    const at = (x + 1) * 3
    const [row, { colors, nearest }] = [this.#row, this.#palette]
    const wantedRed = toByte(red + row[at]!)
    const wantedGreen = toByte(green + row[at + 1]!)
    const wantedBlue = toByte(blue + row[at + 2]!)
    const index = nearest.find(wantedRed, wantedGreen, wantedBlue)
    this.#spread(at, wantedRed - colors[index * 3]!)
    this.#spread(at + 1, wantedGreen - colors[index * 3 + 1]!)
    this.#spread(at + 2, wantedBlue - colors[index * 3 + 2]!)
    return index
  }

  #spread(at: number, error: number): void {
    const share = error * (STRENGTH / 4)
    this.#row[at + this.#ahead]! += 2 * share
    this.#below[at - this.#ahead]! += share
    this.#below[at]! += share
  }
}

function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value)
}
