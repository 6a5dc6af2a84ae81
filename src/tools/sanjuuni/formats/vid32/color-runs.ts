import { codeLengths } from './code-lengths.ts'
import type { CodingLoops, RunCounts } from './coding-loops.ts'
import { COLOR_SYMBOLS, COLORS, REPEAT_256, RESTS } from './color-symbols.ts'
import { totalBits } from './entropy-block.ts'
import type { Symbols } from './symbols.ts'

/** In estimates; what does not occur yet is taken to cost this many bits. */
const MOST_BITS = 9
/** Repeats that cost more than any number of cells said one by one. */
const LITERALS_ONLY = new Uint8Array(COLOR_SYMBOLS).fill(1, 0, COLORS).fill(255, COLORS)

/**
 * Run-length coding of planes of colours. Each run begins with its colour; how the rest of it is put together from
 * repeats, or from the colour said again, is chosen by what the symbols cost.
 */
export class ColorRuns {
  readonly #loops: CodingLoops
  readonly #counts = new Uint32Array(COLOR_SYMBOLS)
  readonly #literalCounts = new Uint32Array(COLOR_SYMBOLS)
  readonly #bits = new Uint8Array(COLOR_SYMBOLS)

  constructor(loops: CodingLoops) {
    this.#loops = loops
  }

  /** The symbols of the planes, one behind the other. Valid until the next call. */
  encode(planes: readonly Uint8Array[]): Symbols {
    if (isOneColor(planes)) return this.#oneColor(planes[0]![0]!)
    const runs = this.#loops.findRuns(planes)
    // Each symbol costs the same at first: the fewest symbols win.
    this.#bits.fill(1)
    this.#choose()
    // Then once more with what they cost. A third time gains nothing.
    codeLengths(this.#counts, this.#bits, MOST_BITS)
    this.#choose()
    this.#compareWithLiterals(runs)
    return { ...this.#loops.writeSymbols(), counts: this.#counts }
  }

  /** Planes that are all one colour are that one symbol, said once. */
  #oneColor(color: number): Symbols {
    this.#counts.fill(0)
    this.#counts[color] = 1
    return { values: Uint8Array.of(color), length: 1, counts: this.#counts }
  }

  #choose(): void {
    for (let symbol = 0; symbol < COLOR_SYMBOLS; symbol++) this.#bits[symbol] ||= MOST_BITS
    this.#loops.chooseSymbols(this.#bits, this.#counts)
  }

  /** What was chosen first may leave no way out of repeats that fill the space of codes, as in noise of two colours. */
  #compareWithLiterals({ rests, longestRest, repeats }: RunCounts): void {
    const counts = this.#literalCounts.fill(0)
    for (let color = 0; color < COLORS; color++) {
      for (let rest = 0; rest <= longestRest; rest++) counts[color]! += rests[color * RESTS + rest]! * (rest + 1)
    }
    counts[REPEAT_256] = repeats
    if (cheapestBits(counts) >= cheapestBits(this.#counts)) return
    this.#loops.chooseSymbols(LITERALS_ONLY, this.#counts)
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
