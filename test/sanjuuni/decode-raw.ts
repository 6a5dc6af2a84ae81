import type { CellFrame } from '../../src/tools/sanjuuni/cell-frame.ts'
import { ByteReader } from './byte-reader.ts'

export interface RawFile {
  readonly fps: number
  readonly frames: readonly CellFrame[]
}

/** Reads a file of CraftOS-PC's raw mode: a line that says what it is, one of the rate, and a packet a line. */
export function readRaw(file: Uint8Array): RawFile {
  const [kind, fps, ...packets] = Buffer.from(file).toString('latin1').split('\n')
  if (kind !== '32Vid 1.1' || packets.pop() !== '') throw new Error('This is no file of raw mode')
  return { fps: Number(fps), frames: packets.map(readPacket) }
}

function readPacket(packet: string): CellFrame {
  const digits = packet.startsWith('!CPD') ? 12 : 4
  const match = new RegExp(`^!CP[CD]([0-9A-F]{${digits}})(.*)([0-9a-f]{8})$`).exec(packet)
  if (!match) throw new Error('This is no packet')
  const [, size, base64, check] = match
  if (parseInt(size!, 16) !== base64!.length || digits === 12 && base64!.length <= 65535) throw new Error('Its size is wrong')
  const payload = Buffer.from(base64!, 'base64')
  if (crc32(payload) !== parseInt(check!, 16)) throw new Error('Its check is wrong')
  const bytes = new ByteReader(payload)
  if (bytes.u32() !== 0) throw new Error('It is not what a terminal shows')
  const [columns, rows] = [bytes.u16(), bytes.u16()]
  if (bytes.take(8).some((byte) => byte !== 0)) throw new Error('The cursor is not where it should be')
  const characters = readRuns(bytes, columns * rows)
  const colors = readRuns(bytes, columns * rows)
  const palette = bytes.take(48)
  if (!bytes.isAtEnd) throw new Error('There is something behind the palette')
  return { columns, rows, characters, colors, palette }
}

function readRuns(bytes: ByteReader, length: number): Uint8Array {
  const all: number[] = []
  while (all.length < length) {
    const byte = bytes.u8()
    all.push(...Array<number>(bytes.u8()).fill(byte))
  }
  if (all.length > length) throw new Error('A run is too long')
  return Uint8Array.from(all)
}

/** That of zlib, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff
  for (const byte of bytes) {
    rest ^= byte
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1
  }
  return ~rest >>> 0
}
