import { inflateRawSync } from 'node:zlib'
import type { CellFrame } from '../../src/tools/sanjuuni/cell-frame.ts'
import { BitReader } from './bit-reader.ts'
import { ByteReader } from './byte-reader.ts'
import { readAnsBlock, type AnsDecoder } from './decode-ans.ts'
import { readHuffmanBlock } from './decode-huffman.ts'

/** By the number that the flags of a file have for it. */
export const COMPRESSIONS = ['none', 'ans', 'deflate', 'custom'] as const

export interface DecodedFrame extends CellFrame {
  /** States of the tables that a player has to make for it. */
  readonly states: readonly number[]
}

/** Decodes the data of one frame and insists that nothing is left of it. */
export function decodeVid32Frame(data: Uint8Array, { columns, rows, compression }: {
  readonly columns: number
  readonly rows: number
  readonly compression: (typeof COMPRESSIONS)[number]
}): DecodedFrame {
  const bytes = new ByteReader(compression === 'deflate' ? inflateRawSync(data) : data)
  const cells = columns * rows
  const read = { none: readPacked, deflate: readPacked, ans: readAns, custom: readCustom }[compression]
  const { patterns, colors, states = [] } = read(bytes, cells)
  const palette = bytes.take(48)
  if (!bytes.isAtEnd) throw new Error(`There are ${bytes.bytes.length - bytes.at} bytes behind the palette`)
  const characters = Uint8Array.from(patterns, (pattern) => 0x80 + pattern)
  return { columns, rows, characters, colors: Uint8Array.from(colors), palette, states }
}

interface Cells {
  readonly patterns: readonly number[]
  readonly colors: readonly number[]
  readonly states?: readonly number[]
}

function readPacked(bytes: ByteReader, cells: number): Cells {
  const patternBytes = new ByteReader(bytes.take(Math.ceil(cells / 8) * 5))
  const bits = new BitReader(patternBytes)
  const patterns = Array.from({ length: cells }, () => bits.read(5))
  bits.finish()
  return { patterns, colors: [...bytes.take(cells)] }
}

function readAns(bytes: ByteReader, cells: number): Cells {
  const characters = readAnsBlock(bytes, 32)
  const patterns = Array.from({ length: cells }, () => characters.next())
  characters.finish()
  const symbols = readAnsBlock(bytes, 24)
  const backgrounds = readPlane(symbols, cells)
  const foregrounds = readPlane(symbols, cells)
  symbols.finish()
  return { patterns, colors: joinPlanes(backgrounds, foregrounds), states: [characters.states, symbols.states] }
}

function readCustom(bytes: ByteReader, cells: number): Cells {
  const characters = readHuffmanBlock(bytes, 32)
  const patterns = Array.from({ length: cells }, () => characters.next())
  characters.finish()
  const symbols = readHuffmanBlock(bytes, 24)
  const foregrounds = readPlane(symbols, cells)
  const backgrounds = readPlane(symbols, cells)
  symbols.finish()
  return { patterns, colors: joinPlanes(backgrounds, foregrounds) }
}

/** Symbols below 16 are colours, from there on repeats of the last one: 2, 4 … 256 more. A plane begins with a colour. */
function readPlane(symbols: Pick<AnsDecoder, 'next' | 'isConstant'>, cells: number): number[] {
  const plane: number[] = []
  while (plane.length < cells) {
    const symbol = symbols.next()
    if (symbol < 16) plane.push(symbol)
    else if (plane.length === 0) throw new Error('A plane begins with a repeat')
    else plane.push(...Array<number>(2 ** (symbol - 15)).fill(plane.at(-1)!))
  }
  if (plane.length > cells) throw new Error(`A run goes ${plane.length - cells} cells beyond the plane`)
  return plane
}

function joinPlanes(backgrounds: readonly number[], foregrounds: readonly number[]): number[] {
  return backgrounds.map((background, cell) => background * 16 + foregrounds[cell]!)
}
