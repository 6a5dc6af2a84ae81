/** Colours that were counted: of each bin the mean of what fell into it, and how much that was. */
export interface ColorBins {
  readonly length: number
  readonly red: Float32Array
  readonly green: Float32Array
  readonly blue: Float32Array
  readonly weight: Float32Array
}

/** So many bits of each channel tell the bin. */
const BITS = 5
const BINS = 1 << (3 * BITS)
/** Of this many colours or fewer each is known as it is. */
const MOST_EXACT = 256

/** Counts colours, three bytes each. */
export class ColorHistogram {
  readonly #red = new Float64Array(BINS)
  readonly #green = new Float64Array(BINS)
  readonly #blue = new Float64Array(BINS)
  readonly #weight = new Float64Array(BINS)
  readonly #exact = new Set<number>()

  /** Of a frame; where there is one before it, what is the same in both does not count. */
  add(pixels: Uint8Array, before?: Uint8Array): void {
    let last = -1
    for (let at = 0; at < pixels.length; at += 3) {
      const [red, green, blue] = [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!]
      if (before && before[at] === red && before[at + 1] === green && before[at + 2] === blue) continue
      const bin = ((red >> (8 - BITS)) << (2 * BITS)) | ((green >> (8 - BITS)) << BITS) | (blue >> (8 - BITS))
      this.#red[bin]! += red
      this.#green[bin]! += green
      this.#blue[bin]! += blue
      this.#weight[bin]! += 1
      const color = (red << 16) | (green << 8) | blue
      if (color === last || this.#exact.size > MOST_EXACT) continue
      this.#exact.add(color)
      last = color
    }
  }

  /** Every colour that was counted, three bytes each; undefined where there are more than `most`. */
  exactColors(most: number): Uint8Array | undefined {
    if (this.#exact.size > Math.min(most, MOST_EXACT)) return undefined
    return Uint8Array.from([...this.#exact].flatMap((color) => [color >> 16, (color >> 8) & 255, color & 255]))
  }

  bins(): ColorBins {
    const used: number[] = []
    for (let bin = 0; bin < BINS; bin++) if (this.#weight[bin]! > 0) used.push(bin)
    const mean = (sums: Float64Array) => Float32Array.from(used, (bin) => sums[bin]! / this.#weight[bin]!)
    return {
      length: used.length, red: mean(this.#red), green: mean(this.#green), blue: mean(this.#blue),
      weight: Float32Array.from(used, (bin) => this.#weight[bin]!),
    }
  }
}
