import { codeLengths } from './code-lengths.ts'
import { loneBlock, totalBits, writeNibbles, type EntropyBlock } from './entropy-block.ts'
import { loneSymbol, type Symbols } from './symbols.ts'

/** A length is a nibble. */
const MOST_BITS = 15

/** A block of canonical Huffman codes: a nibble a symbol, its code's length, and the codes from the first bit on. */
export function huffmanBlock(symbols: Symbols): EntropyBlock {
  const lone = loneSymbol(symbols)
  const tableBytes = symbols.counts.length / 2
  if (lone !== undefined) return loneBlock(lone, tableBytes)
  const lengths = new Uint8Array(symbols.counts.length)
  codeLengths(symbols.counts, lengths, MOST_BITS)
  return {
    bytes: tableBytes + Math.ceil(totalBits(symbols, lengths) / 8),
    write: (target, at) => writeCodes(symbols, lengths, target, writeNibbles(lengths, target, at)),
  }
}

function writeCodes({ values, length }: Symbols, lengths: Uint8Array, target: Uint8Array, at: number): void {
  const codes = canonicalCodes(lengths)
  let pending = 0
  let pendingBits = 0
  for (let index = 0; index < length; index++) {
    const symbol = values[index]!
    pending = (pending << lengths[symbol]!) | codes[symbol]!
    pendingBits += lengths[symbol]!
    while (pendingBits >= 8) {
      pendingBits -= 8
      target[at++] = pending >>> pendingBits
    }
  }
  if (pendingBits > 0) target[at] = pending << (8 - pendingBits)
}

/** Codes in the order of their lengths, and among equals of their symbols. */
function canonicalCodes(lengths: Uint8Array): Uint16Array {
  const codes = new Uint16Array(lengths.length)
  let code = 0
  for (let length = 1; length <= MOST_BITS; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++) if (lengths[symbol] === length) codes[symbol] = code++
    code <<= 1
  }
  return codes
}
