import { WasmKernels } from '../../wasm-kernels.ts'
import type { CodingLoops } from './coding-loops.ts'
import { COLOR_SYMBOLS, COLORS, REPEAT_256, RESTS } from './color-symbols.ts'
import { PATTERNS, planesIn } from './planes.ts'

/** What the AssemblyScript in kernels/ exports. Arrays are given by their addresses. */
interface Exports {
  splitCells(characters: number, colors: number, cells: number, planes: number, apart: number, patternCounts: number): void
  /** Adds to what there is, and gives the number of runs. */
  addRuns(plane: number, cells: number, runs: number, runColors: number, runRests: number, rests: number, totals: number): number
  chooseSymbols(bits: number, choices: number, longestRest: number, rests: number, counts: number): void
  writeSymbols(runs: number, runColors: number, runRests: number, choices: number, values: number): number
  /** Up to `end`. */
  writeStream(values: number, length: number, lengths: number, slots: number, slotOffsets: number, stateBits: number, spareBits: number, end: number): void
}

/** A vector reads and writes so much at once. */
const VECTOR = 16
/** A stream is written eight bytes at a time, and so a little before its start. */
const WORD = 8
const MOST_STATES = 256

export function createSimdLoops(mostCells: number): CodingLoops {
  const room = Math.ceil((mostCells + 1) / VECTOR) * VECTOR
  const wasm = new WasmKernels<Exports>('formats/vid32/kernels', room * 30 + 65_536)
  const characters = wasm.bytes(room)
  const colors = wasm.bytes(room)
  // The run of a cell is told by the one after it: a vector more.
  const memory = wasm.bytes(3 * room + VECTOR)
  const patternCounts = wasm.counts(PATTERNS)
  const runColors = wasm.bytes(2 * room)
  const runRests = wasm.counts(2 * room)
  const rests = wasm.counts(COLORS * RESTS)
  const totals = wasm.counts(2)
  const bitsHeld = wasm.bytes(COLOR_SYMBOLS)
  const countsHeld = wasm.counts(COLOR_SYMBOLS)
  const choices = wasm.bytes(COLORS * RESTS)
  const values = wasm.bytes(2 * room)
  const lengthsHeld = wasm.bytes(PATTERNS)
  const slotsHeld = wasm.words(MOST_STATES)
  const offsetsHeld = wasm.words(PATTERNS)
  // No symbol takes more than a byte.
  const stream = wasm.bytes(WORD + 2 * room)
  let runs = 0
  let longestRest = 0
  return {
    mostCells,
    split(frame) {
      const cells = frame.characters.length
      for (const [held, given] of [[characters, frame.characters], [colors, frame.colors]] as const) {
        held.set(given)
        held.fill(0, cells, Math.ceil(cells / VECTOR) * VECTOR)
      }
      wasm.call.splitCells(characters.byteOffset, colors.byteOffset, cells, memory.byteOffset, room, patternCounts.byteOffset)
      return { planes: planesIn(memory, cells, room), patternCounts }
    },
    findRuns(planes) {
      rests.fill(0)
      totals.fill(0)
      runs = 0
      for (const plane of planes) {
        runs = wasm.call.addRuns(plane.byteOffset, plane.length, runs, runColors.byteOffset, runRests.byteOffset, rests.byteOffset, totals.byteOffset)
      }
      longestRest = 2 ** (32 - Math.clz32(totals[0]!)) - 1
      return { rests, longestRest, repeats: totals[1]! }
    },
    chooseSymbols(bits, counts) {
      bitsHeld.set(bits)
      wasm.call.chooseSymbols(bitsHeld.byteOffset, choices.byteOffset, longestRest, rests.byteOffset, countsHeld.byteOffset)
      counts.set(countsHeld)
      counts[REPEAT_256] = totals[1]!
    },
    writeSymbols() {
      const length = wasm.call.writeSymbols(runs, runColors.byteOffset, runRests.byteOffset, choices.byteOffset, values.byteOffset)
      return { values, length }
    },
    writeStream({ values: given, length }, { lengths, stateBits, slots, slotOffsets, spareBits }, { bytes, start, end }) {
      lengthsHeld.set(lengths)
      slotsHeld.set(slots)
      offsetsHeld.set(slotOffsets)
      const size = end - start
      wasm.call.writeStream(
        given.byteOffset, length, lengthsHeld.byteOffset, slotsHeld.byteOffset, offsetsHeld.byteOffset, stateBits, spareBits,
        stream.byteOffset + WORD + size,
      )
      bytes.set(stream.subarray(WORD, WORD + size), start)
    },
  }
}
