/** What one monitor is to show. */
export interface Cells {
  readonly columns: number
  readonly rows: number
  readonly characters: Buffer
  readonly colors: Buffer
  readonly palette: Buffer
}

/** The bytes of a frame for a wall of monitors, row by row. */
export function writeCellsFrame(wall: readonly [number, number], parts: readonly Cells[]): Buffer {
  return Buffer.concat([Buffer.from(wall), ...parts.flatMap(({ columns, rows, characters, colors, palette }) => {
    const size = Buffer.alloc(4)
    size.writeUInt16LE(columns)
    size.writeUInt16LE(rows, 2)
    return [size, characters, colors, palette]
  })])
}

export function readCellsFrame(frame: Buffer): Cells[] {
  const parts: Cells[] = []
  for (let at = 2; at < frame.length; ) {
    const columns = frame.readUInt16LE(at)
    const rows = frame.readUInt16LE(at + 2)
    const count = columns * rows
    const slice = (from: number, length: number) => frame.subarray(at + 4 + from, at + 4 + from + length)
    parts.push({ columns, rows, characters: slice(0, count), colors: slice(count, count), palette: slice(2 * count, 48) })
    at += 4 + 2 * count + 48
  }
  return parts
}

/** Every drawing character, each pair of colours, and a palette like no other: all of it follows from the seed. */
export function scribble({ columns, rows, seed }: { readonly columns: number; readonly rows: number; readonly seed: number }): Cells {
  const cells = Array.from({ length: columns * rows }, (_, index) => index * 7 + seed * 31)
  return {
    columns, rows,
    characters: Buffer.from(cells.map((value) => 128 + (value % 32))),
    colors: Buffer.from(cells.map((value) => (value * 5) % 256)),
    palette: Buffer.from(Array.from({ length: 48 }, (_, index) => (index * 11 + seed * 17) % 256)),
  }
}
