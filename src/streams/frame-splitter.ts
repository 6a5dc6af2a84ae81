import { pictureScanner, type FrameFormat } from './picture-scanner.ts'

/** Many pictures share one piece of memory: to have a new piece for each chunk takes longer than to fill it. */
const PIECE_BYTES = 1024 * 1024

/** Cuts what an encoder writes at the ends of its pictures. Throws NotAPictureError for bytes that are none. */
export class FrameSplitter {
  readonly #format: FrameFormat
  #scanner: ReturnType<typeof pictureScanner>
  #piece = Buffer.allocUnsafe(0)
  /** Where the unfinished picture stands in the piece. */
  #from = 0
  #to = 0

  constructor(format: FrameFormat) {
    this.#format = format
    this.#scanner = pictureScanner(format)
  }

  /** The pictures that are whole with this chunk. They are the caller's to keep; the chunk is not kept. */
  push(chunk: Uint8Array): Buffer[] {
    this.#append(chunk)
    const frames: Buffer[] = []
    for (;;) {
      const size = this.#scanner.end(this.#piece.subarray(this.#from, this.#to))
      if (size === undefined) return frames
      frames.push(this.#piece.subarray(this.#from + (this.#scanner.headBytes ?? 0), this.#from + size))
      this.#from += size
      this.#scanner = pictureScanner(this.#format)
    }
  }

  /** Bytes of a picture whose end has not come. */
  get unfinishedBytes(): number {
    return this.#to - this.#from
  }

  #append(chunk: Uint8Array): void {
    if (this.#to + chunk.length > this.#piece.length) {
      const unfinished = this.#piece.subarray(this.#from, this.#to)
      // The pictures that have been cut keep the old piece.
      this.#piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, 2 * (unfinished.length + chunk.length)))
      unfinished.copy(this.#piece)
      this.#from = 0
      this.#to = unfinished.length
    }
    this.#piece.set(chunk, this.#to)
    this.#to += chunk.length
  }
}
