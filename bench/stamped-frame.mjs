import { now } from './line.mjs'

export const FRAMES_PER_SECOND = 20

/** Writes into the first bytes of a raw picture which one it is and when it was made. */
export function stamp(frame, number) {
  frame.writeDoubleBE(now(), 4)
  frame.writeUInt32BE(number, 0)
}

export function readStamp(frame) {
  return { number: frame.readUInt32BE(0), madeAt: frame.readDoubleBE(4) }
}
