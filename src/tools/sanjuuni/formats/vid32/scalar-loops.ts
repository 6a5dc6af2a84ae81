import type { CellFrame } from '../../cell-frame.ts'
import type { CodingLoops, StreamStates, StreamTarget } from './coding-loops.ts'
import { COLOR_SYMBOLS, COLORS, COVERED, REPEAT_256, RESTS } from './color-symbols.ts'
import { patternOf, PATTERNS, planesIn, type Planes } from './planes.ts'
import type { SymbolValues } from './symbols.ts'

/** The loops where WebAssembly has no SIMD: the same results, slower. */
export function createScalarLoops(mostCells: number): CodingLoops {
  const memory = new Uint8Array(3 * mostCells)
  const patternCounts = new Uint32Array(PATTERNS)
  const runColors = new Uint8Array(2 * mostCells)
  const runRests = new Uint32Array(2 * mostCells)
  const rests = new Uint32Array(COLORS * RESTS)
  const choices = new Uint8Array(COLORS * RESTS)
  // The last step may write one more than it keeps.
  const values = new Uint8Array(2 * mostCells + 1)
  let runs = 0
  let longestRest = 0
  let repeats = 0
  return {
    mostCells,
    split(frame) {
      const planes = planesIn(memory, frame.characters.length)
      splitCells(frame, planes)
      patternCounts.fill(0)
      for (const pattern of planes.patterns) patternCounts[pattern]!++
      return { planes, patternCounts }
    },
    findRuns(planes) {
      rests.fill(0)
      runs = 0
      repeats = 0
      let bits = 0
      for (const plane of planes) {
        let start = 0
        for (let at = 0; at < plane.length; at++) {
          const color = plane[at]!
          if (color === plane[at + 1]) continue
          const rest = at - start
          start = at + 1
          runColors[runs] = color
          runRests[runs++] = rest
          repeats += rest >> 8
          bits |= rest & (RESTS - 1)
          rests[color * RESTS + (rest & (RESTS - 1))]!++
        }
      }
      longestRest = 2 ** (32 - Math.clz32(bits)) - 1
      return { rests, longestRest, repeats }
    },
    chooseSymbols(bits, counts) {
      counts.fill(0)
      counts[REPEAT_256] = repeats
      for (let color = 0; color < COLORS; color++) {
        chooseFor(color, { bits, choices, longestRest })
        countSymbols(color, { rests, choices, longestRest, counts })
      }
    },
    writeSymbols() {
      let length = 0
      for (let run = 0; run < runs; run++) {
        const color = runColors[run]!
        let rest = runRests[run]!
        values[length++] = color
        for (; rest >= RESTS; rest -= RESTS) values[length++] = REPEAT_256
        while (rest > 0) {
          const symbol = choices[color * RESTS + rest]!
          values[length++] = symbol
          rest -= COVERED[symbol]!
        }
      }
      return { values, length }
    },
    writeStream,
  }
}

function splitCells(frame: CellFrame, { cells, patterns, foregrounds, backgrounds }: Planes): void {
  let foreground = firstForeground(frame)
  for (let cell = 0; cell < cells; cell++) {
    const color = frame.colors[cell]!
    const background = color >> 4
    const pattern = patternOf(frame.characters[cell]!)
    const isSolid = pattern === 0 || (color & 15) === background
    if (!isSolid) foreground = color & 15
    patterns[cell] = isSolid ? 0 : pattern
    foregrounds[cell] = foreground
    backgrounds[cell] = background
  }
}

/** Where no foreground is seen, the first background: a picture of one colour is one symbol then. */
function firstForeground({ characters, colors }: CellFrame): number {
  for (let cell = 0; cell < characters.length; cell++) {
    const color = colors[cell]!
    if (patternOf(characters[cell]!) !== 0 && color >> 4 !== (color & 15)) return color & 15
  }
  return colors[0]! >> 4
}

interface Choosing {
  readonly bits: Uint8Array
  readonly choices: Uint8Array
  readonly longestRest: number
}

const costs = new Uint16Array(RESTS)

function chooseFor(color: number, { bits, choices, longestRest }: Choosing): void {
  const base = color * RESTS
  choices[base] = color
  for (let rest = 1; rest <= longestRest; rest++) {
    let best = costs[rest - 1]! + bits[color]!
    let choice = color
    for (let symbol = COLORS; symbol < COLOR_SYMBOLS && COVERED[symbol]! <= rest; symbol++) {
      const cost = costs[rest - COVERED[symbol]!]! + bits[symbol]!
      if (cost >= best) continue
      best = cost
      choice = symbol
    }
    costs[rest] = best
    choices[base + rest] = choice
  }
}

interface Counting {
  readonly rests: Uint32Array
  readonly choices: Uint8Array
  readonly longestRest: number
  readonly counts: Uint32Array
}

/** How many runs come to have each rest, of the colour that is looked at. */
const arrivals = new Uint32Array(RESTS)

function countSymbols(color: number, { rests, choices, longestRest, counts }: Counting): void {
  const base = color * RESTS
  arrivals.set(rests.subarray(base, base + longestRest + 1))
  for (let rest = 0; rest <= longestRest; rest++) counts[color]! += rests[base + rest]!
  for (let rest = longestRest; rest > 0; rest--) {
    const symbol = choices[base + rest]!
    counts[symbol]! += arrivals[rest]!
    arrivals[rest - COVERED[symbol]!]! += arrivals[rest]!
  }
}

function writeStream({ values, length }: SymbolValues, states: StreamStates, target: StreamTarget): void {
  const { lengths, stateBits, slots, slotOffsets, spareBits } = states
  let pending = 0
  let pendingBits = spareBits
  let place = target.end
  let state = 1 << stateBits
  for (let at = length - 1; at >= 0; at--) {
    const symbol = values[at]!
    const bits = lengths[symbol]!
    pending |= (state & ((1 << bits) - 1)) << pendingBits
    pendingBits += bits
    for (; pendingBits >= 8; pendingBits -= 8) {
      target.bytes[--place] = pending
      pending >>= 8
    }
    state = slots[slotOffsets[symbol]! + (state >> bits)]!
  }
  pending |= (state - (1 << stateBits)) << pendingBits
  while (place > target.start) {
    target.bytes[--place] = pending
    pending >>>= 8
  }
}
