import type { OverlayText } from '../file-writer.ts'
import { chunkHead, SUBTITLE } from './chunk.ts'

const EVENT_BYTES = 16
const LONGEST_TEXT = 0xffff

/** One event: from which frame on, for how many, where, in which colours, and what. */
export function subtitleChunk({ startSeconds, endSeconds, x, y, color, text }: OverlayText, rate: number): Uint8Array {
  const characters = Buffer.from(text, 'latin1').subarray(0, LONGEST_TEXT)
  const first = Math.round(startSeconds * rate)
  const event = Buffer.alloc(EVENT_BYTES)
  event.writeUInt32LE(first, 0)
  event.writeUInt32LE(Math.max(1, Math.round(endSeconds * rate) - first), 4)
  // Players count cells from 1.
  event.writeUInt16LE(x + 1, 8)
  event.writeUInt16LE(y + 1, 10)
  event[12] = color
  event.writeUInt16LE(characters.length, 14)
  return Buffer.concat([chunkHead(EVENT_BYTES + characters.length, SUBTITLE), event, characters])
}
