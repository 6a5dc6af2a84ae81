import type { CellFrame } from '../../src/tools/sanjuuni/cell-frame.ts'
import { ByteReader } from './byte-reader.ts'
import { COMPRESSIONS, decodeVid32Frame } from './decode-vid32-frame.ts'

export interface Vid32Chunk {
  readonly offset: number
  readonly type: number
  readonly data: Uint8Array
}

export interface Vid32File {
  readonly columns: number
  readonly rows: number
  readonly rate: number
  readonly streams: number
  readonly compression: (typeof COMPRESSIONS)[number]
  readonly isDfpwm: boolean
  readonly wall: { readonly columns: number; readonly rows: number } | undefined
  readonly chunks: readonly Vid32Chunk[]
  /** What stands behind the stream that the file tells of. */
  readonly index: { readonly framesPerEntry: number; readonly offsets: readonly number[] } | undefined
}

/** Takes a 32vid of one combined stream apart, and insists that all its sizes and counts are true. */
export function readVid32(file: Uint8Array): Vid32File {
  const bytes = new ByteReader(file)
  if (Buffer.from(bytes.take(4)).toString('latin1') !== '32VD') throw new Error('This is no 32vid')
  const [columns, rows, rate, streams, flags] = [bytes.u16(), bytes.u16(), bytes.u8(), bytes.u8(), bytes.u16()]
  if (!(flags & 16)) throw new Error('Its characters are not of five bits')
  const [size, count, type] = [bytes.u32(), bytes.u32(), bytes.u8()]
  if (type !== 12) throw new Error(`Its first stream is of type ${type}`)
  const end = bytes.at + size
  const chunks: Vid32Chunk[] = []
  while (bytes.at < end) {
    const offset = bytes.at
    const [length, type] = [bytes.u32(), bytes.u8()]
    chunks.push({ offset, type, data: bytes.take(length) })
  }
  if (bytes.at !== end) throw new Error('The last chunk goes beyond its stream')
  if (chunks.length !== count) throw new Error(`It says ${count} chunks and has ${chunks.length}`)
  return {
    columns, rows, rate, streams, chunks,
    compression: COMPRESSIONS[flags & 3]!,
    isDfpwm: ((flags >> 2) & 3) === 1,
    wall: flags & 32 ? { columns: ((flags >> 6) & 7) + 1, rows: ((flags >> 9) & 7) + 1 } : undefined,
    index: bytes.isAtEnd ? undefined : readIndex(bytes),
  }
}

function readIndex(bytes: ByteReader): Vid32File['index'] {
  const [size, count, type] = [bytes.u32(), bytes.u32(), bytes.u8()]
  if (type !== 13 || size !== 1 + 4 * count) throw new Error('There is something else than an index behind the stream')
  const framesPerEntry = bytes.u8()
  const offsets = Array.from({ length: count }, () => bytes.u32())
  if (!bytes.isAtEnd) throw new Error('There is something behind the index')
  return { framesPerEntry, offsets }
}

/** The frames of a file without a wall. */
export function framesOf(file: Vid32File): readonly CellFrame[] {
  return file.chunks.filter(({ type }) => type === 0).map(({ data }) => decodeVid32Frame(data, file))
}

/** The frames of one monitor of a wall. */
export function framesOfMonitor(file: Vid32File, { column, row }: { readonly column: number; readonly row: number }): readonly CellFrame[] {
  return file.chunks.filter(({ type }) => type === 64 + column * 8 + row).map(({ data }) => {
    const bytes = new ByteReader(data)
    const [columns, rows] = [bytes.u16(), bytes.u16()]
    return decodeVid32Frame(data.subarray(4), { columns, rows, compression: file.compression })
  })
}

export function soundOf(file: Vid32File): Buffer {
  return Buffer.concat(file.chunks.filter(({ type }) => type === 1).map(({ data }) => data))
}

export interface Vid32Subtitle {
  readonly frame: number
  readonly frames: number
  readonly x: number
  readonly y: number
  readonly color: number
  readonly text: string
}

export function subtitlesOf(file: Vid32File): readonly Vid32Subtitle[] {
  return file.chunks.filter(({ type }) => type === 8).map(({ data }) => {
    const bytes = new ByteReader(data)
    const [frame, frames, x, y] = [bytes.u32(), bytes.u32(), bytes.u16(), bytes.u16()]
    const [color, flags] = [bytes.u8(), bytes.u8()]
    const text = Buffer.from(bytes.take(bytes.u16())).toString('latin1')
    if (flags !== 0 || !bytes.isAtEnd) throw new Error('This is no subtitle')
    return { frame, frames, x, y, color, text }
  })
}
