import { codeLengths } from './code-lengths.ts'
import type { CodingLoops } from './coding-loops.ts'
import { loneBlock, totalBits, writeNibbles, type EntropyBlock } from './entropy-block.ts'
import { loneSymbol, type Symbols } from './symbols.ts'

/** A player makes 2^R table entries for each block of each frame, so a long code costs more than it saves. */
const MOST_BITS = 8
/** The spread of symbols over the states needs at least eight of them. */
const LEAST_BITS = 3
const MOST_STATES = 1 << MOST_BITS

/**
 * A block of tabled asymmetric numeral systems: u8 R, a nibble a symbol (0, or 1 + the logarithm of its frequency), and
 * a bit stream that a decoder reads from the first bit on. All frequencies are powers of two and add up to 2^R.
 */
export function ansBlock(symbols: Symbols, loops: CodingLoops): EntropyBlock {
  const lone = loneSymbol(symbols)
  const tableBytes = 1 + symbols.counts.length / 2
  if (lone !== undefined) return loneBlock(lone, tableBytes)
  const lengths = new Uint8Array(symbols.counts.length)
  const stateBits = Math.max(LEAST_BITS, codeLengths(symbols.counts, lengths, MOST_BITS))
  // With frequencies that are powers of two each symbol takes the bits of its prefix code, whatever the state.
  const bytes = tableBytes + Math.ceil((stateBits + totalBits(symbols, lengths)) / 8)
  return { bytes, write: (target, at) => writeBlock(symbols, { lengths, stateBits, loops, target, at, end: at + bytes }) }
}

interface Block {
  readonly lengths: Uint8Array
  readonly stateBits: number
  readonly loops: CodingLoops
  readonly target: Uint8Array
  readonly at: number
  readonly end: number
}

function writeBlock(symbols: Symbols, { lengths, stateBits, loops, target, at, end }: Block): void {
  findSlots(lengths, stateBits)
  target[at] = stateBits
  const start = writeNibbles(lengths.map((length) => (length === 0 ? 0 : stateBits - length + 1)), target, at + 1)
  const spareBits = (end - start) * 8 - stateBits - totalBits(symbols, lengths)
  loops.writeStream(symbols, { lengths, stateBits, slots, slotOffsets, spareBits }, { bytes: target, start, end })
}

const owners = new Int8Array(MOST_STATES)
/** Of each symbol its states, ascending, plus the number of states; all symbols one behind the other. */
const slots = new Uint16Array(MOST_STATES)
/** Where a symbol's slots begin, less its frequency. */
const slotOffsets = new Int16Array(32)
const filled = new Uint16Array(32)

/** Spreads the symbols over the states as every decoder does. */
function findSlots(lengths: Uint8Array, stateBits: number): void {
  const states = 1 << stateBits
  const step = (states * 5) / 8 + 3
  owners.fill(-1, 0, states)
  let state = 0
  let offset = 0
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const frequency = lengths[symbol] === 0 ? 0 : 1 << (stateBits - lengths[symbol]!)
    for (let count = 0; count < frequency; count++) {
      while (owners[state] !== -1) state = (state + 1) & (states - 1)
      owners[state] = symbol
      state = (state + step) & (states - 1)
    }
    slotOffsets[symbol] = offset - frequency
    filled[symbol] = offset
    offset += frequency
  }
  for (let state = 0; state < states; state++) slots[filled[owners[state]!]!++] = states + state
}
