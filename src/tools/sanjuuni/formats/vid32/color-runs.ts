import { codeLengths } from './code-lengths.ts'
import { totalBits } from './entropy-block.ts'
import type { Symbols } from './symbols.ts'

/** 16 colours, then eight repeats of the last one: 2, 4 … 256 more. */
const COLOR_SYMBOLS = 24
const COLORS = 16
const REPEAT_256 = 23
/** For what is left of a run after its first cell and all repeats of 256. */
const RESTS = 256
/** How many cells a symbol stands for. */
const COVERED = Uint16Array.from({ length: COLOR_SYMBOLS }, (_, symbol) => (symbol < COLORS ? 1 : 2 << (symbol - COLORS)))
/** In estimates; what does not occur yet is taken to cost this many bits. */
const MOST_BITS = 9
/** Repeats that cost more than any number of cells said one by one. */
const LITERALS_ONLY = new Uint8Array(COLOR_SYMBOLS).fill(1, 0, COLORS).fill(255, COLORS)

/**
 * Run-length coding of planes of colours. Each run begins with its colour; how the rest of it is put together from
 * repeats, or from the colour said again, is chosen by what the symbols cost.
 */
export class ColorRuns {
  readonly #counts = new Uint32Array(COLOR_SYMBOLS)
  readonly #literalCounts = new Uint32Array(COLOR_SYMBOLS)
  readonly #bits = new Uint8Array(COLOR_SYMBOLS)
  /** How often each colour has each rest. */
  readonly #rests = new Uint32Array(COLORS * RESTS)
  readonly #costs = new Uint16Array(RESTS)
  /** By colour and rest: the first symbol of the cheapest way. */
  readonly #choices = new Uint8Array(COLORS * RESTS)
  /** No rest is longer. */
  #longestRest = 0
  #runs = 0
  #runColors = new Uint8Array(0)
  /** What follows the first cell of the run. */
  #runRests = new Uint32Array(0)
  #symbols = new Uint8Array(0)

  /** The symbols of the planes, one behind the other. Valid until the next call. */
  encode(planes: readonly Uint8Array[]): Symbols {
    if (isOneColor(planes)) return this.#oneColor(planes[0]![0]!)
    this.#grow(planes.reduce((sum, { length }) => sum + length, 0))
    this.#findRuns(planes)
    // Each symbol costs the same at first: the fewest symbols win.
    this.#bits.fill(1)
    this.#choose()
    // Then once more with what they cost. A third time gains nothing.
    codeLengths(this.#counts, this.#bits, MOST_BITS)
    this.#choose()
    this.#compareWithLiterals()
    return { values: this.#symbols, length: this.#writeSymbols(), counts: this.#counts }
  }

  /** Planes that are all one colour are that one symbol, said once. */
  #oneColor(color: number): Symbols {
    this.#counts.fill(0)
    this.#counts[color] = 1
    return { values: Uint8Array.of(color), length: 1, counts: this.#counts }
  }

  #grow(cells: number): void {
    if (this.#symbols.length > cells) return
    this.#runColors = new Uint8Array(cells + 1)
    this.#runRests = new Uint32Array(cells + 1)
    // The last step below may write one more than it keeps.
    this.#symbols = new Uint8Array(cells + 1)
  }

  #findRuns(planes: readonly Uint8Array[]): void {
    this.#rests.fill(0)
    this.#longestRest = 0
    this.#runs = 0
    for (const plane of planes) this.#addRuns(plane)
  }

  /** Where runs end is not to be foreseen, so that a branch for it would take longer than all the rest. */
  #addRuns(plane: Uint8Array): void {
    const [colors, rests] = [this.#runColors, this.#runRests]
    let run = this.#runs
    let last = plane[0]!
    for (let at = 0; at < plane.length; at++) {
      const color = plane[at]!
      run += ((color ^ last) + COLORS - 1) >> 4
      colors[run] = color
      rests[run] = at
      last = color
    }
    let bits = 0
    let start = 0
    for (let index = this.#runs; index <= run; index++) {
      const end = rests[index]!
      const rest = end - start
      start = end + 1
      rests[index] = rest
      const part = rest & (RESTS - 1)
      bits |= part
      this.#rests[colors[index]! * RESTS + part]!++
    }
    this.#longestRest = Math.max(this.#longestRest, 2 ** (32 - Math.clz32(bits)) - 1)
    this.#runs = run + 1
  }

  /** Finds the cheapest way for each rest, and counts the symbols which that takes. */
  #choose(): void {
    this.#counts.fill(0)
    const firstOfCost = new Int8Array(MOST_BITS + 1).fill(-1)
    for (let color = 0; color < COLORS; color++) {
      const cost = costOf(this.#bits[color]!)
      const equal = firstOfCost[cost]!
      if (equal < 0) {
        this.#chooseFor(color, cost)
        firstOfCost[cost] = color
      } else this.#chooseLike(equal, color)
      this.#countSymbols(color)
    }
    for (let run = 0; run < this.#runs; run++) this.#counts[REPEAT_256]! += this.#runRests[run]! >> 8
  }

  /** What was chosen first may leave no way out of repeats that fill the space of codes, as in noise of two colours. */
  #compareWithLiterals(): void {
    const counts = this.#literalCounts.fill(0)
    for (let color = 0; color < COLORS; color++) {
      for (let rest = 0; rest <= this.#longestRest; rest++) counts[color]! += this.#rests[color * RESTS + rest]! * (rest + 1)
    }
    counts[REPEAT_256] = this.#counts[REPEAT_256]!
    if (cheapestBits(counts) >= cheapestBits(this.#counts)) return
    this.#bits.set(LITERALS_ONLY)
    this.#choose()
  }

  #chooseFor(color: number, literal: number): void {
    const [costs, choices, base] = [this.#costs, this.#choices, color * RESTS]
    choices[base] = color
    for (let rest = 1; rest <= this.#longestRest; rest++) {
      let best = costs[rest - 1]! + literal
      let choice = color
      for (let symbol = COLORS; COVERED[symbol]! <= rest; symbol++) {
        const cost = costs[rest - COVERED[symbol]!]! + costOf(this.#bits[symbol]!)
        if (cost >= best) continue
        best = cost
        choice = symbol
      }
      costs[rest] = best
      choices[base + rest] = choice
    }
  }

  #chooseLike(equal: number, color: number): void {
    for (let rest = 0; rest <= this.#longestRest; rest++) {
      const choice = this.#choices[equal * RESTS + rest]!
      this.#choices[color * RESTS + rest] = choice === equal ? color : choice
    }
  }

  #countSymbols(color: number): void {
    const [counts, choices, base] = [this.#counts, this.#choices, color * RESTS]
    for (let rest = 0; rest <= this.#longestRest; rest++) {
      const runs = this.#rests[base + rest]!
      if (runs === 0) continue
      counts[color]! += runs
      for (let left = rest; left > 0; ) {
        const symbol = choices[base + left]!
        counts[symbol]! += runs
        left -= COVERED[symbol]!
      }
    }
  }

  /** Tells how many there are. */
  #writeSymbols(): number {
    const [symbols, choices] = [this.#symbols, this.#choices]
    let length = 0
    for (let run = 0; run < this.#runs; run++) {
      const color = this.#runColors[run]!
      let rest = this.#runRests[run]!
      symbols[length++] = color
      for (; rest >= RESTS; rest -= RESTS) symbols[length++] = REPEAT_256
      // The first step without a branch: it is written in any case, and kept where there is a rest.
      let symbol = choices[color * RESTS + rest]!
      symbols[length] = symbol
      length += (rest + RESTS - 1) >> 8
      for (rest -= COVERED[symbol]!; rest > 0; rest -= COVERED[symbol]!) {
        symbol = choices[color * RESTS + rest]!
        symbols[length++] = symbol
      }
    }
    return length
  }
}

function isOneColor(planes: readonly Uint8Array[]): boolean {
  const color = planes[0]![0]
  for (const plane of planes) {
    for (let at = 0; at < plane.length; at++) if (plane[at] !== color) return false
  }
  return true
}

function cheapestBits(counts: Uint32Array): number {
  codeLengths(counts, LENGTHS, MOST_BITS)
  return totalBits({ counts }, LENGTHS)
}

const LENGTHS = new Uint8Array(COLOR_SYMBOLS)

function costOf(bits: number): number {
  return bits === 0 ? MOST_BITS : bits
}
