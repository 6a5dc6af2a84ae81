export const VIDEO = 0
export const SOUND = 1
export const SUBTITLE = 8
export const COMBINED = 12
export const INDEX = 13

/** The video of one monitor of a wall, whose place is counted from 0. */
export function monitorType(column: number, row: number): number {
  return 0x40 | (column << 3) | row
}

/** What stands before a piece of a combined stream. */
export function chunkHead(size: number, type: number): Uint8Array {
  const head = Buffer.allocUnsafe(5)
  head.writeUInt32LE(size, 0)
  head[4] = type
  return head
}
