/** The blocks of a GIF file, as the GIF89a specification has them. */

export interface ScreenSize {
  readonly width: number
  readonly height: number
}

/** What stands in front of the frames. `plays` is how often all is played, 0 for ever. */
export function gifHead({ width, height }: ScreenSize, palette: Uint8Array, plays: number): Uint8Array {
  const bits = indexBitsOf(palette)
  const screen = [...bytesOf('GIF89a'), ...u16(width), ...u16(height), 0x80 | ((bits - 1) << 4) | (bits - 1), 0, 0]
  // The extension counts how often it is played again.
  const loop = plays === 1 ? [] : [0x21, 0xff, 11, ...bytesOf('NETSCAPE2.0'), 3, 1, ...u16(plays === 0 ? 0 : plays - 1), 0]
  return joined([Uint8Array.from(screen), colorTable(palette), Uint8Array.from(loop)])
}

export interface GifFrame {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  /** Hundredths of a second. */
  readonly delay: number
  /** The index that leaves a pixel as it is. */
  readonly clear: number | undefined
  /** Colours of this frame alone. */
  readonly palette: Uint8Array | undefined
  readonly indexBits: number
  /** What `encodeLzw` made. */
  readonly data: Uint8Array
}

export function gifFrame({ left, top, width, height, delay, clear, palette, indexBits, data }: GifFrame): Uint8Array {
  const KEEP = 1 << 2
  const control = [0x21, 0xf9, 4, KEEP | (clear === undefined ? 0 : 1), ...u16(delay), clear ?? 0, 0]
  const flags = palette ? 0x80 | (indexBitsOf(palette) - 1) : 0
  const place = [0x2c, ...u16(left), ...u16(top), ...u16(width), ...u16(height), flags]
  return joined([Uint8Array.from([...control, ...place]), palette ? colorTable(palette) : new Uint8Array(0), Uint8Array.of(indexBits), subBlocks(data)])
}

export const GIF_TAIL = Uint8Array.of(0x3b)

/** Bits of an index into a table of these colours, behind which one place is free for what stays clear; two at least. */
export function indexBitsOf(palette: Uint8Array): number {
  return Math.max(2, Math.ceil(Math.log2(palette.length / 3 + 1)))
}

function colorTable(palette: Uint8Array): Uint8Array {
  const table = new Uint8Array(3 << indexBitsOf(palette))
  table.set(palette)
  return table
}

function subBlocks(data: Uint8Array): Uint8Array {
  const blocks = new Uint8Array(data.length + Math.ceil(data.length / 255) + 1)
  let to = 0
  for (let from = 0; from < data.length; from += 255) {
    const part = data.subarray(from, from + 255)
    blocks[to] = part.length
    blocks.set(part, to + 1)
    to += part.length + 1
  }
  return blocks
}

function u16(value: number): readonly [number, number] {
  return [value & 255, value >> 8]
}

function bytesOf(text: string): readonly number[] {
  return [...text].map((letter) => letter.charCodeAt(0))
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
