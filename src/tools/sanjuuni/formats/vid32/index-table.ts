import { INDEX } from './chunk.ts'
import { streamHead } from './head.ts'

const FURTHEST = 0xffffffff

/** Where in the file frames stand, one for each half second. */
export class IndexTable {
  readonly #framesPerEntry: number
  readonly #offsets: number[] = []

  constructor(rate: number) {
    this.#framesPerEntry = Math.max(1, Math.round(rate / 2))
  }

  /** Notes where a frame begins, if it is one that the table has. */
  add(frame: number, offset: number): void {
    if (frame % this.#framesPerEntry === 0 && offset <= FURTHEST) this.#offsets.push(offset)
  }

  /** A stream of u8 frames per entry, then u32le offsets in the file. */
  stream(): Uint8Array[] {
    if (this.#offsets.length === 0) return []
    const table = Buffer.allocUnsafe(1 + 4 * this.#offsets.length)
    table[0] = this.#framesPerEntry
    for (const [entry, offset] of this.#offsets.entries()) table.writeUInt32LE(offset, 1 + 4 * entry)
    return [streamHead(table.length, this.#offsets.length, INDEX), table]
  }
}
