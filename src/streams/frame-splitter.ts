import { pictureScanner, type FrameFormat } from './picture-scanner.ts'

const FIRST_BYTES = 256 * 1024

/** Cuts what an encoder writes at the ends of its pictures. Throws NotAPictureError for bytes that are none. */
export class FrameSplitter {
  readonly #format: FrameFormat
  #scanner: ReturnType<typeof pictureScanner>
  #buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #length = 0

  constructor(format: FrameFormat) {
    this.#format = format
    this.#scanner = pictureScanner(format)
  }

  /** The pictures that are whole with this chunk. They are the caller's to keep; the chunk is not kept. */
  push(chunk: Uint8Array): Buffer[] {
    this.#append(chunk)
    const frames: Buffer[] = []
    let start = 0
    for (;;) {
      const end = this.#scanner.end(this.#buffer.subarray(start, this.#length))
      if (end === undefined) break
      frames.push(this.#buffer.subarray(start, start + end))
      start += end
      this.#scanner = pictureScanner(this.#format)
    }
    if (frames.length > 0) this.#leave(start)
    return frames
  }

  /** Bytes of a picture whose end has not come. */
  get unfinishedBytes(): number {
    return this.#length
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
      this.#buffer.copy(larger, 0, 0, this.#length)
      this.#buffer = larger
    }
    this.#buffer.set(chunk, this.#length)
    this.#length = needed
  }

  /** The frames keep the old buffer; what is unfinished goes on in a new one. */
  #leave(start: number): void {
    const rest = this.#buffer.subarray(start, this.#length)
    const fresh = Buffer.allocUnsafe(Math.max(FIRST_BYTES, rest.length * 2))
    rest.copy(fresh)
    this.#buffer = fresh
    this.#length = rest.length
  }
}
