import { existsSync, readFileSync } from 'node:fs'
import { PAIRS, pairTable } from './diffusion-pairs.ts'
import type { Kernels } from './kernels.ts'
import { COLOR_WORDS } from './measured-colors.ts'
import { CONES, OKLAB_MATRIX } from './oklab.ts'

const PAGE_BYTES = 65_536
const ALIGNMENT = 16

/** What the AssemblyScript in kernels/ exports. Pictures and tables are given by their addresses. */
interface Exports {
  heapStart(): number
  countColors(rgb: number, count: number, histogram: number, means: number, weights: number): number
  assignColors(measured: number, weights: number, count: number, colors: number, sums: number): number
  measureRgb(rgb: number, pixels: number, count: number): void
  measureOklab(rgb: number, pixels: number, count: number, cones: number, matrix: number): void
  addThresholds(pixels: number, width: number, height: number, thresholds: number): void
  chooseCells(pixels: number, width: number, height: number, colors: number, characters: number, cellColors: number): void
  beginDiffusion(colors: number, pairs: number, characters: number, cellColors: number): void
  diffuseCells(pixels: number, width: number, height: number, carried: number): void
}

let compiled: WebAssembly.Module | undefined

export function hasSimd(): boolean {
  // A function that makes a vector and drops it.
  return WebAssembly.validate(Uint8Array.from(Buffer.from('0061736d01000000010401600000030201000a090107004100fd0f1a0b', 'hex')))
}

/** `bytes` are enough for all the arrays that will be asked for. */
export function createSimdKernels(bytes: number): Kernels {
  compiled ??= new WebAssembly.Module(readFileSync(kernelsFile()))
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) + 2 })
  const kernels = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Exports
  let free = kernels.heapStart()
  const allocate = (length: number): number => {
    const address = Math.ceil(free / ALIGNMENT) * ALIGNMENT
    free = address + length
    return address
  }
  const bytesAt = (length: number) => new Uint8Array(memory.buffer, allocate(length), length)
  const words = (length: number) => new Int16Array(memory.buffer, allocate(length * 2), length)
  const integers = (length: number) => new Int32Array(memory.buffer, allocate(length * 4), length)
  const floats = (length: number) => new Float64Array(memory.buffer, allocate(length * 8), length)
  const copyOf = (values: Float32Array) => {
    const copy = new Float32Array(memory.buffer, allocate(values.byteLength), values.length)
    copy.set(values)
    return copy.byteOffset
  }
  const cones = copyOf(CONES)
  const matrix = copyOf(OKLAB_MATRIX)
  const colorsHeld = words(64)
  const thresholdsHeld = words(256)
  const pairsHeld = new Float32Array(memory.buffer, allocate(PAIRS * 3 * 4), PAIRS * 3)
  let carried = new Int16Array()
  return {
    bytes: bytesAt,
    words,
    integers,
    floats,
    countColors: (rgb, { histogram, means, weights }) => (
      kernels.countColors(rgb.byteOffset, rgb.length / 3, histogram.byteOffset, means.byteOffset, weights.byteOffset)
    ),
    assignColors(bins, { colors, sums }) {
      colorsHeld.set(colors)
      return kernels.assignColors(bins.colors.byteOffset, bins.weights.byteOffset, bins.length, colorsHeld.byteOffset, sums.byteOffset)
    },
    measureRgb: (rgb, pixels) => kernels.measureRgb(rgb.byteOffset, pixels.byteOffset, rgb.length / 3),
    measureOklab: (rgb, pixels) => kernels.measureOklab(rgb.byteOffset, pixels.byteOffset, rgb.length / 3, cones, matrix),
    addThresholds(pixels, { size: { width, height }, thresholds }) {
      thresholdsHeld.set(thresholds)
      kernels.addThresholds(pixels.byteOffset, width, height, thresholdsHeld.byteOffset)
    },
    chooseCells(pixels, { size: { width, height }, colors, characters, cellColors }) {
      colorsHeld.set(colors)
      kernels.chooseCells(pixels.byteOffset, width, height, colorsHeld.byteOffset, characters.byteOffset, cellColors.byteOffset)
    },
    diffuseCells(pixels, { size: { width, height }, colors, characters, cellColors }) {
      colorsHeld.set(colors)
      pairsHeld.set(pairTable(colors))
      // Four rows of cells, and two cells more in each.
      const needed = (2 * width + 8) * COLOR_WORDS
      if (carried.length < needed) carried = words(needed)
      kernels.beginDiffusion(colorsHeld.byteOffset, pairsHeld.byteOffset, characters.byteOffset, cellColors.byteOffset)
      kernels.diffuseCells(pixels.byteOffset, width, height, carried.byteOffset)
    },
  }
}

function kernelsFile(): URL {
  // Run from source, as the tests do, the kernels are still the built ones.
  const built = ['./kernels.wasm', '../../../../dist/tools/sanjuuni/picture/kernels.wasm'].map((path) => new URL(path, import.meta.url))
  return built.find((file) => existsSync(file)) ?? built[0]!
}
