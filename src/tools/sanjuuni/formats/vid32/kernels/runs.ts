const VECTOR: usize = 16
const COLORS: u32 = 16
const REPEAT_256: u8 = 23

/**
 * Notes the colour and the rest of each run, counts rests by colour, and adds up `totals`: of all bits that rests have
 * below 256, and of their repeats of 256. A vector may be read behind the plane.
 */
export function addRuns(plane: usize, cells: usize, runs: usize, runColors: usize, runRests: usize, rests: usize, totals: usize): usize {
  let run = runs
  let start: usize = 0
  let bits = load<u32>(totals)
  let repeats = load<u32>(totals, 4)
  const last = cells - 1
  for (let at: usize = 0; at < cells; at += VECTOR) {
    let ends = i8x16.bitmask(i8x16.ne(v128.load(plane + at), v128.load(plane + at, 1)))
    if (last - at < VECTOR) ends = ends & (1 << <i32>(last - at)) - 1 | 1 << <i32>(last - at)
    for (; ends !== 0; ends &= ends - 1) {
      const end = at + <usize>ctz(ends)
      const color = load<u8>(plane + end)
      const rest = <u32>(end - start)
      start = end + 1
      store<u8>(runColors + run, color)
      store<u32>(runRests + (run++ << 2), rest)
      bits |= rest & 255
      repeats += rest >> 8
      const counted = rests + (<usize>(<u32>color << 8 | rest & 255) << 2)
      store<u32>(counted, load<u32>(counted) + 1)
    }
  }
  store<u32>(totals, bits)
  store<u32>(totals, repeats, 4)
  return run
}

/** What chooseSymbols has chosen. Tells how many there are; one more may be written than counts. */
export function writeSymbols(runs: usize, runColors: usize, runRests: usize, choices: usize, values: usize): usize {
  let to = values
  for (let run: usize = 0; run < runs; run++) {
    const color = <u32>load<u8>(runColors + run)
    let rest = load<i32>(runRests + (run << 2))
    store<u8>(to++, <u8>color)
    for (; rest >= 256; rest -= 256) store<u8>(to++, REPEAT_256)
    // The first step without a branch: it is written in any case, and kept where there is a rest.
    let symbol = <u32>load<u8>(choices + (<usize>rest << 4) + color)
    store<u8>(to, <u8>symbol)
    to += <usize>(rest !== 0)
    for (rest -= covered(symbol); rest > 0; rest -= covered(symbol)) {
      symbol = <u32>load<u8>(choices + (<usize>rest << 4) + color)
      store<u8>(to++, <u8>symbol)
    }
  }
  return to - values
}

/** How many cells a symbol stands for. */
// @ts-ignore: decorator
@inline
export function covered(symbol: u32): i32 {
  return symbol < COLORS ? 1 : 2 << <i32>(symbol - COLORS)
}
