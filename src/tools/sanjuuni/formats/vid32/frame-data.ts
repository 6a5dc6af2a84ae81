import { deflateRawSync } from 'node:zlib'
import { PALETTE_BYTES, type CellFrame } from '../../cell-frame.ts'
import type { Compression } from '../../converter-options.ts'
import { ansBlock } from './ans.ts'
import { openCodingLoops, type CodingLoops } from './coding-loops.ts'
import { ColorRuns } from './color-runs.ts'
import type { EntropyBlock } from './entropy-block.ts'
import { huffmanBlock } from './huffman.ts'
import type { Planes } from './planes.ts'
import type { Symbols } from './symbols.ts'

const DEFLATE_LEVEL = 6

/** Makes the data of one frame of 32vid, without any header. Keeps memory, but nothing of a frame, between calls. */
export type FrameDataEncoder = (frame: CellFrame) => Uint8Array

export function createFrameDataEncoder(compression: Compression, openLoops = openCodingLoops): FrameDataEncoder {
  let loops = openLoops(0)
  let encode = encoderWith(loops, compression)
  return (frame) => {
    if (frame.characters.length > loops.mostCells) {
      loops = openLoops(frame.characters.length)
      encode = encoderWith(loops, compression)
    }
    return encode(frame)
  }
}

function encoderWith(loops: CodingLoops, compression: Compression): FrameDataEncoder {
  if (compression === 'none') return (frame) => packed(loops.split(frame).planes, frame.palette)
  if (compression === 'deflate') {
    return (frame) => deflateRawSync(packed(loops.split(frame).planes, frame.palette), { level: DEFLATE_LEVEL })
  }
  const { block, order } = CODERS[compression]
  const runs = new ColorRuns(loops)
  return (frame) => {
    const { planes: { patterns, foregrounds, backgrounds }, patternCounts } = loops.split(frame)
    const colors = order === 'foregrounds first' ? [foregrounds, backgrounds] : [backgrounds, foregrounds]
    const symbols = { values: patterns, length: patterns.length, counts: patternCounts }
    return joined([block(symbols, loops), block(runs.encode(colors), loops)], frame.palette)
  }
}

interface Coder {
  readonly block: (symbols: Symbols, loops: CodingLoops) => EntropyBlock
  /** As a decoder meets them. */
  readonly order: 'foregrounds first' | 'backgrounds first'
}

const CODERS: Record<'ans' | 'custom', Coder> = {
  ans: { block: ansBlock, order: 'backgrounds first' },
  custom: { block: huffmanBlock, order: 'foregrounds first' },
}

function joined(blocks: readonly EntropyBlock[], palette: Uint8Array): Uint8Array {
  const data = new Uint8Array(blocks.reduce((sum, { bytes }) => sum + bytes, PALETTE_BYTES))
  let at = 0
  for (const block of blocks) {
    block.write(data, at)
    at += block.bytes
  }
  data.set(palette, at)
  return data
}

/** Eight patterns of five bits in five bytes, then a byte of colours a cell, then the palette. */
function packed({ cells, patterns, foregrounds, backgrounds }: Planes, palette: Uint8Array): Uint8Array {
  const patternBytes = Math.ceil(cells / 8) * 5
  const data = new Uint8Array(patternBytes + cells + PALETTE_BYTES)
  let at = 0
  let pending = 0
  let pendingBits = 0
  for (let cell = 0; cell < cells; cell++) {
    pending = (pending << 5) | patterns[cell]!
    pendingBits += 5
    if (pendingBits < 8) continue
    pendingBits -= 8
    data[at++] = pending >>> pendingBits
  }
  if (pendingBits > 0) data[at] = pending << (8 - pendingBits)
  for (let cell = 0; cell < cells; cell++) data[patternBytes + cell] = (backgrounds[cell]! << 4) | foregrounds[cell]!
  data.set(palette, patternBytes + cells)
  return data
}
