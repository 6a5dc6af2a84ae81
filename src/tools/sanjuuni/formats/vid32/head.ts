import type { Compression } from '../../converter-options.ts'
import type { FileOptions } from '../file-writer.ts'
import { COMBINED } from './chunk.ts'

const HEAD_BYTES = 12
export const STREAM_HEAD_BYTES = 9
/** Where the combined stream tells its size and the number of its chunks. */
export const COMBINED_SIZE_AT = HEAD_BYTES
const MOST = 0xffffffff

const COMPRESSION_FLAGS: Record<Compression, number> = { none: 0, ans: 1, deflate: 2, custom: 3 }
const DFPWM_FLAG = 1 << 2
const FIVE_BIT_FLAG = 1 << 4
const WALL_FLAG = 1 << 5

type HeadOptions = Pick<FileOptions, 'columns' | 'rows' | 'compression' | 'isDfpwm'> & { readonly monitors?: FileOptions['monitors'] }

/** The file's head and the combined stream's, which is as long as can be as long as nobody knows better. */
export function fileHead({ columns, rows, compression, isDfpwm, monitors }: HeadOptions, rate: number): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES)
  head.write('32VD', 'latin1')
  head.writeUInt16LE(columns, 4)
  head.writeUInt16LE(rows, 6)
  head[8] = rate
  head[9] = 1
  const wall = monitors ? WALL_FLAG | ((monitors.columns - 1) << 6) | ((monitors.rows - 1) << 9) : 0
  head.writeUInt16LE(COMPRESSION_FLAGS[compression] | (isDfpwm ? DFPWM_FLAG : 0) | FIVE_BIT_FLAG | wall, 10)
  return Buffer.concat([head, streamHead(MOST, MOST, COMBINED)])
}

export function streamHead(size: number, count: number, type: number): Uint8Array {
  return Buffer.concat([sizeAndCount(size, count), Uint8Array.of(type)])
}

/** Both u32le; what is more than that can say is as much as it can say. */
export function sizeAndCount(size: number, count: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeUInt32LE(Math.min(MOST, size), 0)
  bytes.writeUInt32LE(Math.min(MOST, count), 4)
  return bytes
}
