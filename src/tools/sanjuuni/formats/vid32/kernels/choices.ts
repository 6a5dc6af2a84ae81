import { covered } from './runs'

const COLORS: usize = 16
const SYMBOLS: usize = 24
const RESTS: usize = 256
const REST_BYTES: usize = RESTS << 2
// For each rest, what it costs in each colour.
const COSTS = memory.data(256 * 16, 16)
// How many runs of one colour come to have each rest.
const ARRIVALS = memory.data(256 * 4, 16)

/** The cheapest first symbol of each rest in each of 16 colours, side by side, and how often all runs take each symbol. */
export function chooseSymbols(bits: usize, choices: usize, longestRest: usize, rests: usize, counts: usize): void {
  findCheapest(bits, choices, longestRest)
  memory.fill(counts, 0, SYMBOLS << 2)
  for (let color: usize = 0; color < COLORS; color++) countSymbols(color, choices, longestRest, rests + color * REST_BYTES, counts)
}

function findCheapest(bits: usize, choices: usize, longestRest: usize): void {
  const colors = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  const literals = v128.load(bits)
  v128.store(choices, colors)
  v128.store(COSTS, i8x16.splat(0))
  let most: usize = COLORS
  for (let rest: usize = 1; rest <= longestRest; rest++) {
    // No sum that may be chosen passes 255.
    let best = i8x16.add_sat_u(v128.load(COSTS + (rest - 1 << 4)), literals)
    let choice = colors
    while (most < SYMBOLS && covered(<u32>most) <= <i32>rest) most++
    for (let symbol = COLORS; symbol < most; symbol++) {
      const left = rest - <usize>covered(<u32>symbol)
      const cost = i8x16.add_sat_u(v128.load(COSTS + (left << 4)), v128.load8_splat(bits + symbol))
      choice = v128.bitselect(i8x16.splat(<i8>symbol), choice, i8x16.lt_u(cost, best))
      best = i8x16.min_u(best, cost)
    }
    v128.store(COSTS + (rest << 4), best)
    v128.store(choices + (rest << 4), choice)
  }
}

function countSymbols(color: usize, choices: usize, longestRest: usize, rests: usize, counts: usize): void {
  memory.copy(ARRIVALS, rests, longestRest + 1 << 2)
  let all: u32 = 0
  for (let rest = longestRest; rest > 0; rest--) {
    const runs = load<u32>(ARRIVALS + (rest << 2))
    all += load<u32>(rests + (rest << 2))
    if (runs === 0) continue
    const symbol = <u32>load<u8>(choices + (rest << 4) + color)
    add(counts + (<usize>symbol << 2), runs)
    add(ARRIVALS + (rest - <usize>covered(symbol) << 2), runs)
  }
  // Each run says its colour once.
  add(counts + (color << 2), all + load<u32>(rests))
}

// @ts-ignore: decorator
@inline
function add(at: usize, runs: u32): void {
  store<u32>(at, load<u32>(at) + runs)
}
