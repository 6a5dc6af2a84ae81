import fc from 'fast-check'
import { PALETTE_BYTES, type CellFrame } from '../../src/tools/sanjuuni/cell-frame.ts'

export interface FrameLimits {
  readonly mostColumns?: number
  readonly mostRows?: number
}

/** Frames of drawing characters, of one colour a cell, with long runs, with letters, and those that are one pixel a cell. */
export function cellFrames({ mostColumns = 40, mostRows = 24 }: FrameLimits = {}): fc.Arbitrary<CellFrame> {
  return fc.tuple(fc.integer({ min: 1, max: mostColumns }), fc.integer({ min: 1, max: mostRows })).chain(([columns, rows]) => {
    const cells = columns * rows
    return fc.record({
      columns: fc.constant(columns),
      rows: fc.constant(rows),
      characters: fc.oneof(drawing(cells), solid(cells), runs(cells, 0x80, 0x9f), letters(cells), fc.constant(new Uint8Array(cells))),
      colors: fc.oneof(bytes(cells, 0, 255), bytes(cells, 0x10, 0x11), runs(cells, 0, 255), solid(cells)),
      palette: bytes(PALETTE_BYTES, 0, 255),
    })
  })
}

function drawing(cells: number): fc.Arbitrary<Uint8Array> {
  return bytes(cells, 0x80, 0x9f)
}

/** Anything that a string can hold: controls, quotes, backslashes, digits. */
function letters(cells: number): fc.Arbitrary<Uint8Array> {
  return bytes(cells, 1, 255)
}

function solid(cells: number): fc.Arbitrary<Uint8Array> {
  return fc.integer({ min: 0, max: 255 }).map((byte) => new Uint8Array(cells).fill(byte))
}

function runs(cells: number, min: number, max: number): fc.Arbitrary<Uint8Array> {
  const run = fc.tuple(fc.integer({ min, max }), fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 200, max: 600 })))
  return fc.array(run, { minLength: 1, maxLength: 80 }).map((pairs) => {
    const filled = new Uint8Array(cells)
    for (let at = 0, index = 0; at < cells; index++) {
      const [byte, length] = pairs[index % pairs.length]!
      filled.fill(byte, at, at + length)
      at += length
    }
    return filled
  })
}

function bytes(length: number, min: number, max: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length, min, max })
}

/** A frame in which everything not said is the same everywhere. */
export function plainFrame(columns: number, rows: number, { character = 0x80, color = 0xf0, characters, colors, palette }: {
  readonly character?: number
  readonly color?: number
  readonly characters?: ArrayLike<number>
  readonly colors?: ArrayLike<number>
  readonly palette?: Uint8Array
} = {}): CellFrame {
  return {
    columns,
    rows,
    characters: characters ? Uint8Array.from(characters) : new Uint8Array(columns * rows).fill(character),
    colors: colors ? Uint8Array.from(colors) : new Uint8Array(columns * rows).fill(color),
    palette: palette ?? Uint8Array.from({ length: PALETTE_BYTES }, (_, index) => index * 5),
  }
}

/** The palette index of each of the six pixels of each cell; a letter is taken for its background. */
export function shownPixels({ characters, colors }: Pick<CellFrame, 'characters' | 'colors'>): readonly number[] {
  return Array.from(characters).flatMap((character, cell) => {
    const [background, foreground] = [colors[cell]! >> 4, colors[cell]! & 15]
    const isDrawing = character >= 0x80 && character <= 0x9f
    return [1, 2, 4, 8, 16, 0].map((bit) => (isDrawing && character & bit ? foreground : background))
  })
}
