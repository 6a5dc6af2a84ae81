/**
 * The first frame of an animated WebP as a WebP of its own, which every ffmpeg reads (RFC 9649, section 2.7). Undefined
 * where the file is none, or its first frame is only a part of the picture.
 */
export function firstFrameOfWebp(file: Buffer): Buffer | undefined {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 16) !== 'WEBPVP8X') return undefined
  for (let at = 12; at + 8 <= file.length; ) {
    const size = file.readUInt32LE(at + 4)
    const data = file.subarray(at + 8, at + 8 + size)
    if (file.toString('latin1', at, at + 4) === 'ANMF') return isWhole(file, data) ? wrapped(data) : undefined
    at += 8 + size + (size % 2)
  }
  return undefined
}

/** Behind "RIFF", "WEBP" and the head of VP8X: flags, then the canvas. */
const CANVAS = 24
const FRAME_HEAD = 16

function isWhole(file: Buffer, frame: Buffer): boolean {
  return frame.length > FRAME_HEAD && frame.readUIntLE(6, 3) === file.readUIntLE(CANVAS, 3) && frame.readUIntLE(9, 3) === file.readUIntLE(CANVAS + 3, 3)
}

function wrapped(frame: Buffer): Buffer {
  const chunks = frame.subarray(FRAME_HEAD)
  const hasAlpha = chunks.toString('latin1', 0, 4) === 'ALPH'
  const size = Buffer.alloc(4)
  const extended = hasAlpha ? Buffer.concat([Buffer.from('VP8X'), u32(10), Buffer.from([0x10, 0, 0, 0]), frame.subarray(6, 12)]) : Buffer.alloc(0)
  size.writeUInt32LE(4 + extended.length + chunks.length)
  return Buffer.concat([Buffer.from('RIFF'), size, Buffer.from('WEBP'), extended, chunks])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
