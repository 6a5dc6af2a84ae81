import { colorDistance, greenDistance } from './color-distance.ts'

/** Finds the nearest of some colours, three values each. */
export class NearestColor {
  readonly #colors: ArrayLike<number>
  /** The colours' numbers by how green they are, and that green. */
  readonly #order: Uint16Array
  readonly #greens: Float64Array
  /** By a colour's 24 bits: the number of its nearest plus one, 0 where it was not looked for. */
  #known: Uint16Array | undefined

  constructor(colors: ArrayLike<number>) {
    this.#colors = colors
    this.#order = Uint16Array.from({ length: colors.length / 3 }, (_, color) => color)
    this.#order.sort((a, b) => colors[a * 3 + 1]! - colors[b * 3 + 1]!)
    this.#greens = Float64Array.from(this.#order, (color) => colors[color * 3 + 1]!)
  }

  /** Of a colour in bytes; one that was asked for before is known. */
  find(red: number, green: number, blue: number): number {
    this.#known ??= new Uint16Array(1 << 24)
    const color = (red << 16) | (green << 8) | blue
    const known = this.#known[color]!
    if (known > 0) return known - 1
    const found = this.search(red, green, blue)
    this.#known[color] = found + 1
    return found
  }

  /** From the colour as green as this one outwards, until none further off can be nearer. */
  search(red: number, green: number, blue: number): number {
    const [colors, order, greens] = [this.#colors, this.#order, this.#greens]
    let above = this.#firstFrom(green)
    let below = above - 1
    let [best, least] = [0, Infinity]
    while (above < order.length || below >= 0) {
      const aboveBy = above < order.length ? greens[above]! - green : Infinity
      const belowBy = below >= 0 ? green - greens[below]! : Infinity
      if (greenDistance(Math.min(aboveBy, belowBy)) >= least) break
      const color = aboveBy < belowBy ? order[above++]! : order[below--]!
      const distance = colorDistance(colors[color * 3]! - red, colors[color * 3 + 1]! - green, colors[color * 3 + 2]! - blue)
      if (distance < least) [best, least] = [color, distance]
    }
    return best
  }

  #firstFrom(green: number): number {
    let [from, to] = [0, this.#greens.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.#greens[middle]! < green) from = middle + 1
      else to = middle
    }
    return from
  }
}
