/** One block of symbols as an entropy coder will write it. */
export interface EntropyBlock {
  readonly bytes: number
  /** Writes exactly `bytes` bytes from `at` on. */
  write(target: Uint8Array, at: number): void
}

/** A block of one symbol, said once: no table, and no bit stream behind it. */
export function loneBlock(symbol: number, tableBytes: number): EntropyBlock {
  return {
    bytes: tableBytes + 1,
    write(target, at) {
      target.fill(0, at, at + tableBytes)
      target[at + tableBytes] = symbol
    },
  }
}

/** Two to a byte, the first in the high half. */
export function writeNibbles(nibbles: Uint8Array, target: Uint8Array, at: number): number {
  for (let symbol = 0; symbol < nibbles.length; symbol += 2) target[at++] = (nibbles[symbol]! << 4) | nibbles[symbol + 1]!
  return at
}

export function totalBits({ counts }: { readonly counts: Uint32Array }, lengths: Uint8Array): number {
  let bits = 0
  for (let symbol = 0; symbol < counts.length; symbol++) bits += counts[symbol]! * lengths[symbol]!
  return bits
}
