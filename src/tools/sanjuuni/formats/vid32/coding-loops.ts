import type { CellFrame } from '../../cell-frame.ts'
import { hasSimd } from '../../wasm-kernels.ts'
import type { Planes } from './planes.ts'
import { createScalarLoops } from './scalar-loops.ts'
import { createSimdLoops } from './simd-loops.ts'
import type { SymbolValues } from './symbols.ts'

/** The states that a stream goes through, as its decoder will. */
export interface StreamStates {
  /** Bits that each symbol takes. */
  readonly lengths: Uint8Array
  /** There are 2^stateBits. */
  readonly stateBits: number
  /** Of each symbol its states, ascending, plus the number of states; all symbols one behind the other. */
  readonly slots: Uint16Array
  /** Where a symbol's slots begin, less their number. */
  readonly slotOffsets: Int16Array
  /** Zeroes that fill the last byte. */
  readonly spareBits: number
}

/** Where its bytes go; the one at `end` is not its own. */
export interface StreamTarget {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/** What runs of colours are made of, each being its first cell, repeats of 256, and a rest. */
export interface RunCounts {
  /** How often each colour has each rest: RESTS a colour. */
  readonly rests: Uint32Array
  /** No rest is longer; one less than a power of two. */
  readonly longestRest: number
  /** Repeats of 256, of all colours. */
  readonly repeats: number
}

/**
 * The loops over all cells of a frame. What one gives stays until it is called again, and the next ones go on from it.
 */
export interface CodingLoops {
  /** A larger frame needs other loops. */
  readonly mostCells: number
  /** Takes a frame apart and counts its patterns. */
  split(frame: CellFrame): { readonly planes: Planes; readonly patternCounts: Uint32Array }
  /** Finds the runs of planes that `split` gave, one behind the other. */
  findRuns(planes: readonly Uint8Array[]): RunCounts
  /** Finds the cheapest way for each rest where a symbol costs so many `bits`, and counts the symbols which all runs take. */
  chooseSymbols(bits: Uint8Array, counts: Uint32Array): void
  /** The symbols of all runs, as was chosen last. */
  writeSymbols(): SymbolValues
  /** From the last symbol to the first, and so from the last byte to the first. */
  writeStream(symbols: SymbolValues, states: StreamStates, target: StreamTarget): void
}

export function openCodingLoops(mostCells: number): CodingLoops {
  return hasSimd() ? createSimdLoops(mostCells) : createScalarLoops(mostCells)
}
